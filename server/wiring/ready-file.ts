import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guarded, type Log, messageOf } from "../kit/log.ts";
import { readyFile as name, type Ready, readySchema } from "../protocol/daemon.ts";

/** Milliseconds between looks whether it is there. */
const lookMs = 5_000;

export interface ReadyFile extends Disposable {
  readonly written: boolean;
}

const fileOf = (dataDir: string): string => join(dataDir, name);

/**
 * Tells the user's own programs, and nobody else, where the daemon of this data folder is. Where it can't be written (a
 * full disk), or was removed with its folder, it is tried again: until then the ready line alone says it.
 */
export function writeReady(dataDir: string, ready: Ready, log: Log): ReadyFile {
  const file = fileOf(dataDir);
  const look = setInterval(() => {
    if (!existsSync(file)) tryTo(() => write(file, ready)); // why not was said
  }, lookMs);
  look.unref();
  const why = tryTo(() => write(file, ready));
  if (why !== null) {
    tryTo(() => unlinkSync(file)); // a dead daemon's
    log("warn", `${file} can't be written: other windows and programs can't find this daemon`, { why });
  }
  const isOurs = (): boolean => readReady(dataDir)?.pid === ready.pid;
  return {
    get written() {
      return isOurs();
    },
    [Symbol.dispose]: () => {
      clearInterval(look);
      if (isOurs()) guarded(log, `removing ${file}`, () => unlinkSync(file)); // one that stays names a dead process
    },
  };
}

function write(file: string, ready: Ready): void {
  const next = `${file}.${ready.pid}`;
  try {
    writeFileSync(next, `${JSON.stringify(ready)}\n`, { mode: 0o600 });
    renameSync(next, file);
  } catch (e) {
    tryTo(() => unlinkSync(next));
    throw e;
  }
}

/** What kept it from being done, or null. */
function tryTo(f: () => void): string | null {
  try {
    f();
    return null;
  } catch (e) {
    return messageOf(e);
  }
}

/** What the daemon of this data folder said of itself; null when there is nothing to read. It may be dead by now. */
export function readReady(dataDir: string): Ready | null {
  try {
    return readySchema.parse(JSON.parse(readFileSync(fileOf(dataDir), "utf8")));
  } catch {
    return null; // no daemon has been ready here
  }
}
