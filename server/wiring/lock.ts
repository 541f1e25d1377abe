import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another daemon has this data folder. */
export class Taken extends Error {}

/**
 * One daemon a data folder: an exclusive transaction on a file of SQLite, which the system ends with its process however
 * that ends, so that a dead owner's lock needs no judging. Throws Taken when somebody lives here.
 */
export function takeLock(dataDir: string): Disposable {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dataDir, "daemon.lock"));
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (e) {
    db.close();
    if (/locked|busy/i.test((e as Error).message)) throw new Taken(`Another daemon serves ${dataDir}.`);
    throw e;
  }
  return { [Symbol.dispose]: () => db.close() };
}
