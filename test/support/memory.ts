import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Resident memory of a process, in bytes, as the system counts it. */
export function rssOf(pid: number): number {
  if (process.platform === "linux") {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (!kib) throw new Error(`the process ${pid} has no resident memory: it has ended`);
    return Number(kib) * 1024;
  }
  if (process.platform === "win32") {
    const command = `(Get-Process -Id ${pid}).WorkingSet64`;
    return Number(execFileSync("powershell", ["-NoProfile", "-Command", command], { encoding: "utf8" }));
  }
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1024;
}
