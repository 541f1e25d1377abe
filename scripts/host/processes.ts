import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The pids whose environment or command line names `text`, this process excepted. Given the path of a run's own temporary
 * folder, that is everything the run started, whoever started it. Empty where there is no /proc.
 */
export function pidsNaming(text: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => read(pid, "environ").includes(text) || read(pid, "cmdline").includes(text));
}

function read(pid: number, what: "environ" | "cmdline" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return ""; // it ended, or is not ours
  }
}

export function commandLine(pid: number): string {
  return read(pid, "cmdline").replaceAll("\0", " ").trim();
}

/** A process that ended and was not waited for by its parent still has a number, but does nothing more. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+Z/m.test(read(pid, "status"));
  } catch {
    return false;
  }
}

/** Waits until `find` finds no living process; resolves with those left after `ms`. */
export async function gone(find: () => number[], ms: number): Promise<number[]> {
  const until = performance.now() + ms;
  for (;;) {
    const left = find().filter(alive);
    if (left.length === 0 || performance.now() > until) return left;
    await sleep(100);
  }
}

/** Asks the processes that `find` finds to end, waits `graceMs`, and ends what is left by force. */
export async function endAll(find: () => number[], graceMs: number): Promise<void> {
  for (const pid of find()) signal(pid, "SIGTERM");
  for (const pid of await gone(find, graceMs)) signal(pid, "SIGKILL");
  await gone(find, 5_000);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Starts a process that leads a group of its own, its output appended to a file. */
export function spawnLogged(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string; log: string },
): ChildProcess {
  const output = openSync(options.log, "a");
  try {
    return spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      detached: process.platform !== "win32",
      stdio: ["ignore", output, output],
    });
  } finally {
    closeSync(output);
  }
}
