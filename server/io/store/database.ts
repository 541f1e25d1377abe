import { chmodSync, closeSync, existsSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "../../kit/folder.ts";
import { type Log, messageOf } from "../../kit/log.ts";
import { storeFault } from "./fault.ts";
import { migrate } from "./migrate.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** Oldest first; see `migrate`. */
  readonly migrations: readonly string[];
  readonly log: Log;
  readonly patienceMs: number;
}

export interface Database<T> {
  readonly db: DatabaseSync;
  /** What `prepare` made of it. */
  readonly value: T;
  /** What a person should know about how it was opened. */
  readonly notice: string | null;
}

/** Milliseconds to wait for another process's lock: at a start there is time, everything else is tried again later. */
export const patience = { start: 2_000, later: 100 };

/**
 * Pages of the write-ahead log (40 MB) after which a commit moves them into the file itself and waits for the disk, which
 * takes tens of milliseconds. Whoever writes does that when it is quiet; this is for when it never is.
 */
const mostLogPages = 10_000;

/**
 * Opens a SQLite file for its owner alone (0600 in a 0700 folder): WAL, synchronous NORMAL, so that a commit waits for no disk.
 * A damaged file is moved aside, which `notice` says. Throws where no file can be used: see `storeFault`.
 */
export function openDatabase<T>(o: DatabaseOptions, prepare: (db: DatabaseSync) => T): Database<T> {
  try {
    return { ...openFile(o, prepare), notice: null };
  } catch (e) {
    if (storeFault(e) !== "corrupt") throw e;
    const notice = moveAside(o.file, messageOf(e));
    o.log("warn", notice);
    return { ...openFile(o, prepare), notice };
  }
}

/** An empty database that nothing keeps: what is read where there is no file. */
export function openInMemory<T>(migrations: readonly string[], prepare: (db: DatabaseSync) => T): Database<T> {
  const db = new DatabaseSync(":memory:");
  migrate(db, migrations);
  return { db, value: prepare(db), notice: null };
}

/** Renames a damaged file and what belongs to it; returns a sentence that says so. */
export function moveAside(file: string, why: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[-:.]/g, "")}`;
  for (const suffix of ["", "-wal", "-shm"]) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return `${file} was damaged (${why}). It lies at ${aside} now, and a new one was begun.`;
}

function openFile<T>(o: DatabaseOptions, prepare: (db: DatabaseSync) => T): { db: DatabaseSync; value: T } {
  makeFolder(dirname(o.file));
  closeSync(openSync(o.file, "a", 0o600)); // SQLite would make it readable to all; its -wal and -shm take its mode
  if (process.platform !== "win32") chmodSync(o.file, 0o600);
  const db = new DatabaseSync(o.file, { timeout: o.patienceMs });
  try {
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8388608; PRAGMA wal_autocheckpoint = ${mostLogPages}`,
    );
    migrate(db, o.migrations);
    const value = prepare(db);
    db.exec(`PRAGMA busy_timeout = ${patience.later}`);
    return { db, value };
  } catch (e) {
    db.close();
    throw e;
  }
}

/** Runs `f` in one transaction; what it throws undoes all of it. */
export function transaction<T>(db: DatabaseSync, f: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = f();
    db.exec("COMMIT");
    return result;
  } catch (e) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw e;
  }
}
