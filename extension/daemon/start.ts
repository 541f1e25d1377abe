import { spawn } from "node:child_process";
import { homedir } from "node:os";
import type { Ready } from "../../server/protocol/daemon.ts";
import { parseReady, readReady } from "./locate.ts";
import { openLog, sizeOf, textAfter } from "./log-file.ts";
import { lastWords } from "./said.ts";

export interface DaemonOptions {
  readonly dataDir: string;
  /** Empty: the daemon's own choice. */
  readonly configFile: string;
  readonly idleSeconds: number;
  /** The bundled `dist/switchyard.js`. */
  readonly bin: string;
  /** Told where the daemon that is started writes its log. */
  readonly onLog?: (path: string) => void;
}

/** The daemon refused its configuration: nothing helps until a person has changed the file. */
export class ConfigFault extends Error {}

/** Milliseconds until a started daemon must be ready; a slow disk's worth, not a normal start's (0.3 s). */
const readyWithinMs = 20_000;
/** Milliseconds between looks for the winner's `daemon.json` when two windows started one at once. */
const lookEveryMs = 50;

/**
 * Starts a daemon with the editor's own Node and waits until one is ready: this one, or another that won the race for the
 * data folder. It outlives this window. Rejects with what it said last.
 */
export async function startDaemon(options: DaemonOptions, signal: AbortSignal): Promise<Ready> {
  const log = await openLog(options.dataDir);
  if (log) options.onLog?.(log.path);
  const before = log ? await sizeOf(log.path) : 0; // what older runs said is not about this one
  const args = ["serve", "--json", "--data", options.dataDir, "--idle-exit", String(options.idleSeconds)];
  if (options.configFile) args.push("--config", options.configFile);
  const child = spawn(process.execPath, [options.bin, ...args], {
    cwd: homedir(),
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "pipe", log?.file.fd ?? "ignore"],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", reject);
  });
  exited.catch(() => {}); // read below, unless its ready line came first
  try {
    const ready = await Promise.race([readyLine(child.stdout!), timeout(readyWithinMs, signal)]);
    if (ready) return ready;
    const code = await Promise.race([exited, timeout(readyWithinMs, signal)]);
    const said = log ? lastWords(await textAfter(log.path, before)) : "";
    if (code === 2) throw new ConfigFault(said || "The daemon refused its configuration without saying why.");
    const winner = await theWinner(options.dataDir, signal);
    if (winner) return winner;
    throw new Error(`The daemon ended at its start (code ${code}): ${said || "its log says nothing"}`);
  } catch (e) {
    child.kill(); // one that isn't ready is of no use to anybody
    throw e;
  } finally {
    child.stdout?.destroy();
    child.unref();
    await log?.file.close();
  }
}

/** The ready line; null when stdout ends before it. */
async function readyLine(stdout: NodeJS.ReadableStream): Promise<Ready | null> {
  let text = "";
  for await (const chunk of stdout) {
    text += String(chunk);
    const ready = text.includes("\n") ? parseReady(text.slice(0, text.indexOf("\n"))) : null;
    if (ready) return ready;
    if (text.length > 100_000) return null;
  }
  return parseReady(text);
}

/** Another daemon of this data folder: the one whose lock ended ours. Null when none shows up within a second. */
async function theWinner(dataDir: string, signal: AbortSignal): Promise<Ready | null> {
  for (let waited = 0; waited < 1000 && !signal.aborted; waited += lookEveryMs) {
    const ready = await readReady(dataDir);
    if (ready && isAlive(ready.pid)) return ready;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return null;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === "EPERM";
  }
}

function timeout(ms: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`The daemon was not ready within ${ms / 1000} s`)), ms);
    timer.unref();
    signal.addEventListener("abort", () => reject(new Error("This window is closing")), { once: true });
  });
}
