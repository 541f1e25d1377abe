import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Log, messageOf } from "../../kit/log.ts";
import { remedy, storeFault } from "./fault.ts";
import { migrate } from "./migrate.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** Oldest first; see `migrate`. */
  readonly migrations: readonly string[];
  readonly log: Log;
}

export interface Database<T> {
  readonly db: DatabaseSync;
  /** What `prepare` made of it. */
  readonly value: T;
  /** False: the file couldn't be used, and everything is lost with the process. */
  readonly onDisk: boolean;
  /** What a person should know about how it was opened. */
  readonly notice: string | null;
}

/** Milliseconds to wait for another process's lock: opening is done once, everything else is tried again later. */
const patience = { open: 2_000, later: 100 };

/**
 * Pages of the write-ahead log (40 MB) after which a commit moves them into the file itself and waits for the disk, which
 * takes tens of milliseconds. Whoever writes does that when it is quiet; this is for when it never is.
 */
const mostLogPages = 10_000;

/**
 * Opens a SQLite file for its owner alone (0600 in a 0700 folder): WAL, synchronous NORMAL, so that a commit waits for no disk.
 * A damaged file is moved aside; where no file can be used, a database in memory takes its place. Both are said in `notice`.
 */
export function openDatabase<T>(o: DatabaseOptions, prepare: (db: DatabaseSync) => T): Database<T> {
  try {
    return { ...openFile(o, prepare), onDisk: true, notice: null };
  } catch (first) {
    let cause = first;
    if (storeFault(first) === "corrupt") {
      try {
        const notice = moveAside(o.file, messageOf(first));
        o.log("warn", notice);
        return { ...openFile(o, prepare), onDisk: true, notice };
      } catch (second) {
        cause = second;
      }
    }
    const notice = `${o.file} ${remedy(storeFault(cause))} (${messageOf(cause)}), then restart the daemon: until it ends, everything is kept in memory only.`;
    o.log("error", notice);
    const db = new DatabaseSync(":memory:");
    migrate(db, o.migrations);
    return { db, value: prepare(db), onDisk: false, notice };
  }
}

/** Renames a damaged file and what belongs to it; returns a sentence that says so. */
export function moveAside(file: string, why: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[-:.]/g, "")}`;
  for (const suffix of ["", "-wal", "-shm"]) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return `${file} was damaged (${why}). It lies at ${aside} now, and a new one was begun.`;
}

function openFile<T>(o: DatabaseOptions, prepare: (db: DatabaseSync) => T): { db: DatabaseSync; value: T } {
  mkdirSync(dirname(o.file), { recursive: true, mode: 0o700 });
  closeSync(openSync(o.file, "a", 0o600)); // SQLite would make it readable to all; its -wal and -shm take its mode
  if (process.platform !== "win32") chmodSync(o.file, 0o600);
  const db = new DatabaseSync(o.file, { timeout: patience.open });
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
