import { type FileHandle, mkdir, mkdtemp, open, rename, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { logFile } from "../../server/protocol/daemon.ts";

/** The log is cut to its last `keepBytes` when it has grown over `maxBytes`. */
const maxBytes = 8_000_000;
const keepBytes = 1_000_000;

export const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0; // not there yet
  }
};

export interface DaemonLog {
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * Opens the log for a daemon to be started: in its data folder or, where that can't be written, in a temporary one, since a
 * daemon serves without its data folder. Null when there is no place at all.
 */
export async function openLog(dataDir: string): Promise<DaemonLog | null> {
  try {
    await makeFolder(dataDir);
    return await openIn(dataDir);
  } catch {
    standIn ??= mkdtemp(join(tmpdir(), "switchyard-log-"));
    return standIn.then(openIn).catch(() => null);
  }
}

/** One for this window, however often it starts a daemon. */
let standIn: Promise<string> | null = null;

async function openIn(folder: string): Promise<DaemonLog> {
  const path = join(folder, logFile);
  await rotateLog(path);
  return { path, file: await open(path, "a", 0o600) };
}

/** Node's own recursive mkdir never comes back from a place like /proc. */
async function makeFolder(path: string): Promise<void> {
  if (await isThere(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch(async (e: unknown) => {
    if (!(await isThere(path))) throw e; // else another window was faster
  });
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Puts a grown log aside before a daemon opens a new one: one old file is kept. */
export async function rotateLog(path: string): Promise<void> {
  if ((await sizeOf(path)) > keepBytes) await rename(path, `${path}.1`);
}

/** Keeps a running daemon's log bounded. It appends, so that it goes on at the new end. */
export async function boundLog(path: string): Promise<void> {
  if ((await sizeOf(path)) <= maxBytes) return;
  const tail = await tailOf(path, keepBytes);
  await truncate(path, 0);
  const file = await open(path, "a");
  await file.write(tail);
  await file.close();
}

/** What was written to a file since it had `size` bytes, the last 64 kB of it at most. */
export async function textAfter(path: string, size: number): Promise<string> {
  const written = (await sizeOf(path)) - size;
  return written <= 0 ? "" : read(path, Math.max(size, size + written - 64_000));
}

/** The last bytes of a file, from the start of a line where one begins; empty when there is none. */
export async function tailOf(path: string, bytes: number): Promise<string> {
  const size = await sizeOf(path);
  if (size === 0) return "";
  const text = await read(path, Math.max(0, size - bytes));
  return size > bytes ? text.slice(text.indexOf("\n") + 1) : text;
}

async function read(path: string, from: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(Math.max(0, (await file.stat()).size - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
