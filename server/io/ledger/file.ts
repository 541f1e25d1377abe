import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../kit/log.ts";
import { type Database, moveAside, openDatabase, transaction } from "../store/database.ts";
import { Owners } from "./owners.ts";
import { Reader } from "./reader.ts";
import { migrations } from "./schema.ts";
import { Writer } from "./writer.ts";

/** Rows deleted at once: what the event loop is held up for. */
const pruneSlice = 200;

/** The ledger's file (or what stands in for it), with its statements. */
export class LedgerFile {
  readonly db: DatabaseSync;
  readonly onDisk: boolean;
  notice: string | null;
  readonly owners: Owners;
  readonly writer: Writer;
  readonly reader: Reader;

  private constructor(opened: Database<Pick<LedgerFile, "owners" | "writer" | "reader">>) {
    this.db = opened.db;
    this.onDisk = opened.onDisk;
    this.notice = opened.notice;
    this.owners = opened.value.owners;
    this.writer = opened.value.writer;
    this.reader = opened.value.reader;
  }

  static open(file: string, wallMs: number, log: Log): LedgerFile {
    return new LedgerFile(
      openDatabase({ file, migrations, log }, (db) => {
        const reader = new Reader(db);
        const owners = new Owners(db, file, wallMs);
        const marked = owners.reap(wallMs);
        if (marked > 0) log("warn", "requests of a daemon that died are marked as interrupted", { requests: marked });
        return { owners, reader, writer: new Writer(db, owners.id) };
      }),
    );
  }

  /** Gives up a damaged file and begins a new one. */
  replace(file: string, why: string, wallMs: number, log: Log): LedgerFile {
    this.owners.forget();
    this.db.close();
    const notice = moveAside(file, why);
    log("error", notice);
    const next = LedgerFile.open(file, wallMs, log);
    next.notice ??= notice;
    return next;
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
      this.owners.forget();
      this.db.close();
    }
  }
}
