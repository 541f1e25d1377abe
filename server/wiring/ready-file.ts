import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ready, readySchema } from "../protocol/daemon.ts";

const fileOf = (dataDir: string): string => join(dataDir, "daemon.json");

/** Tells the user's own programs, and nobody else, where the daemon of this data folder is. */
export function writeReady(dataDir: string, ready: Ready): Disposable {
  const file = fileOf(dataDir);
  const next = `${file}.${ready.pid}`;
  writeFileSync(next, `${JSON.stringify(ready)}\n`, { mode: 0o600 });
  renameSync(next, file);
  return {
    [Symbol.dispose]: () => {
      if (readReady(dataDir)?.pid === ready.pid) rmSync(file, { force: true });
    },
  };
}

/** What the daemon of this data folder said of itself; null when there is nothing to read. It may be dead by now. */
export function readReady(dataDir: string): Ready | null {
  try {
    return readySchema.parse(JSON.parse(readFileSync(fileOf(dataDir), "utf8")));
  } catch {
    return null; // no daemon has been ready here
  }
}
