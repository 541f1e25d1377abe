import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../kit/log.ts";
import { type Database, openDatabase, openInMemory, patience, transaction } from "../store/database.ts";
import { Owners } from "./owners.ts";
import { Reader } from "./reader.ts";
import { migrations } from "./schema.ts";
import { Writer } from "./writer.ts";

type Opened = Database<Pick<LedgerFile, "owners" | "writer" | "reader">>;

/** Rows deleted at once: what the event loop is held up for. */
const pruneSlice = 200;

/** The ledger's file with its statements, or what is read in its stead while there is none. */
export class LedgerFile {
  readonly db: DatabaseSync;
  notice: string | null;
  readonly owners: Owners;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly #path: string;
  /** Which file it is, whatever lies at its path by now; null: none, it is in memory. */
  readonly #identity: string | null;

  private constructor(path: string, identity: string | null, opened: Opened) {
    this.db = opened.db;
    this.notice = opened.notice;
    this.owners = opened.value.owners;
    this.writer = opened.value.writer;
    this.reader = opened.value.reader;
    this.#path = path;
    this.#identity = identity;
  }

  /** Throws where no file can be used. */
  static open(path: string, wallMs: number, log: Log, patienceMs = patience.later): LedgerFile {
    const opened = openDatabase({ file: path, migrations, log, patienceMs }, (db) => {
      const reader = new Reader(db);
      const owners = new Owners(db, path, wallMs);
      try {
        const marked = owners.reap(wallMs);
        if (marked > 0) log("warn", "requests of a daemon that died are marked as interrupted", { requests: marked });
        return { owners, reader, writer: new Writer(db, owners.id) };
      } catch (e) {
        owners.forget();
        throw e;
      }
    });
    return new LedgerFile(path, identityOf(path), opened);
  }

  /** Empty. */
  static inMemory(path: string, wallMs: number): LedgerFile {
    const opened = openInMemory(migrations, (db) => {
      const owners = new Owners(db, ":memory:", wallMs);
      return { owners, reader: new Reader(db), writer: new Writer(db, owners.id) };
    });
    return new LedgerFile(path, null, opened);
  }

  get onDisk(): boolean {
    return this.#identity !== null;
  }

  /** Whether what is written can be found again: SQLite goes on writing into a file that was removed. */
  get inPlace(): boolean {
    return this.#identity !== null && identityOf(this.#path) === this.#identity;
  }

  /** Deletes one slice of what is older than `before` (ms) or beyond the newest `most` rows; returns how many. */
  prune(before: number, most: number): number {
    return transaction(this.db, () => {
      const rows = this.db.prepare("SELECT n FROM trace WHERE at < ? ORDER BY at LIMIT ?").all(before, pruneSlice);
      if (rows.length === 0)
        rows.push(
          ...this.db
            .prepare("SELECT n FROM trace WHERE n <= (SELECT max(n) FROM trace) - ? ORDER BY n LIMIT ?")
            .all(most, pruneSlice),
        );
      const remove = this.db.prepare("DELETE FROM trace WHERE n = ?");
      for (const row of rows) remove.run(Number(row["n"]));
      return rows.length;
    });
  }

  /** Moves what was committed from the log into the file: done when quiet, so that no request's batch has to. */
  checkpoint(): void {
    this.db.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  close(): void {
    try {
      this.owners.close();
    } finally {
      this.abandon();
    }
  }

  /** Closes it without a word in it: it is damaged, or no longer in its place. */
  abandon(): void {
    this.owners.forget();
    this.db.close();
  }
}

/** Null where there is no such file. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}
