import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

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

/** Processor time that a process has used, in microseconds, its kernel time included; null where the system doesn't tell. */
export function cpuOf(pid: number): number | null {
  if (process.platform !== "linux") return null;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000; // ticks of a hundredth of a second
}

/** Processor time that the whole machine has used, and has had, in microseconds; null where the system doesn't tell. */
export function machineCpu(): { readonly used: number; readonly had: number } | null {
  if (process.platform !== "linux") return null;
  const ticks = readFileSync("/proc/stat", "utf8").split("\n")[0]!.split(/ +/).slice(1, 9).map(Number);
  const had = ticks.reduce((n, t) => n + t, 0);
  return { used: (had - ticks[3]! - ticks[4]!) * 10_000, had: had * 10_000 }; // all but idling and waiting for a disk
}

/** How many files and sockets a process has open; null where the system doesn't tell. */
export function openFilesOf(pid: number): number | null {
  return process.platform === "linux" ? readdirSync(`/proc/${pid}/fd`).length : null;
}
