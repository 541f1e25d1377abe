import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeFault } from "../io/store/fault.ts";
import { makeFolder } from "../kit/folder.ts";
import { messageOf } from "../kit/log.ts";

/** Another daemon has this data folder. */
export class Taken extends Error {}

export interface Lock extends Disposable {
  /** Why the folder can't be held, as a sentence: this daemon serves without one. Null: it is held. */
  readonly trouble: string | null;
}

/**
 * One daemon a data folder: an exclusive transaction on a file of SQLite, which the system ends with its process however
 * that ends, so that a dead owner's lock needs no judging. Throws Taken when somebody lives here. A folder that can't be
 * written is nobody's: answering matters more than recording.
 */
export function takeLock(dataDir: string): Lock {
  const file = join(dataDir, "daemon.lock");
  let db: DatabaseSync | null = null;
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK);
    db = new DatabaseSync(file);
    // Of two that begin at once each may hold what the other needs: with a moment's patience one gives way.
    db.exec("PRAGMA busy_timeout = 100; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const held = db;
    return { trouble: null, [Symbol.dispose]: () => held.close() };
  } catch (e) {
    db?.close();
    if (storeFault(e) === "busy" || heldByAnother(file)) throw new Taken(`Another daemon serves ${dataDir}.`);
    const trouble = `The data folder ${dataDir} can't be used (${messageOf(e)}): windows and programs can't find this daemon by it. Make it writable, or name another with --data, and restart the daemon.`;
    return { trouble, [Symbol.dispose]: () => {} };
  }
}

/** A folder may have become unwritable under a daemon that lives in it: to look at its lock needs no writing. */
function heldByAnother(file: string): boolean {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 100 });
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (e) {
    return storeFault(e) === "busy";
  } finally {
    db?.close();
  }
}
