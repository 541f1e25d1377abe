import { open, rename, stat, truncate } from "node:fs/promises";

/** The log is cut to its last `keepBytes` when it has grown over `maxBytes`. */
const maxBytes = 8_000_000;
const keepBytes = 1_000_000;

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0; // not there yet
  }
};

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

/** The last bytes of a file, from the start of a line where one begins; empty when there is none. */
export async function tailOf(path: string, bytes: number): Promise<string> {
  const size = await sizeOf(path);
  if (size === 0) return "";
  const file = await open(path, "r");
  try {
    const length = Math.min(size, bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8");
    return size > bytes ? text.slice(text.indexOf("\n") + 1) : text;
  } finally {
    await file.close();
  }
}
