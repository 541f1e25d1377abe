import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another daemon has this data folder. */
export class Taken extends Error {}

/**
 * One daemon a data folder: an exclusive transaction on a file of SQLite, which the system ends with its process however
 * that ends, so that a dead owner's lock needs no judging. Throws Taken when somebody lives here.
 */
export function takeLock(dataDir: string): Disposable {
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
    db = new DatabaseSync(join(dataDir, "daemon.lock"));
    // Of two that begin at once each may hold what the other needs: with a moment's patience one gives way.
    db.exec("PRAGMA busy_timeout = 100; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const held = db;
    return { [Symbol.dispose]: () => held.close() };
  } catch (e) {
    db?.close();
    const why = (e as Error).message;
    if (/locked|busy/i.test(why)) throw new Taken(`Another daemon serves ${dataDir}.`);
    throw new Error(
      `The data folder ${dataDir} can't be used (${why}). Make it writable, or name another with --data.`,
    );
  }
}
