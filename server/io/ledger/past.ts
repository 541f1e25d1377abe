import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Latency } from "../../domain/latency.ts";
import type { Trace } from "../../protocol/trace.ts";
import { openReadOnly } from "../store/read-only.ts";
import { ArmReader, type ArmRow, type ArmsQuery, readArms } from "./arms.ts";
import { changingColumns, type Figures, fixedColumns } from "./figures.ts";
import { LatencyWindow } from "./latency.ts";
import { unpack } from "./packed.ts";
import type { TimeRange } from "./reader.ts";

/** Rows read at once: what is in memory of a ledger of any length. */
const slice = 500;
/** The newest requests that latencies are measured on, each model's newest 200 among them. */
const measured = 10_000;

const columns = ["n", ...fixedColumns, ...changingColumns, "id", "rest"] as const;

/** A place between two rows; rows are in the order of their time, then of their number. */
interface Place {
  readonly at: number;
  readonly n: number;
}

/**
 * The ledger as it lies on the disk, only read: nothing is written, migrated or marked, whoever uses the file meanwhile. No
 * transaction is held from one slice to the next, so that the daemon's log doesn't grow for it.
 */
export class Past implements Disposable {
  readonly #db: DatabaseSync;
  readonly #columns: string;
  /** Null: the file is from before there were experiments and feedback. */
  readonly #arms: ArmReader | null;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    // A file that an older version wrote lacks the newest columns, and may not be changed for being read.
    const there = new Set(
      db
        .prepare("SELECT name FROM pragma_table_info('trace')")
        .all()
        .map((c) => c["name"]),
    );
    this.#columns = columns.map((c) => (there.has(c) ? c : `NULL AS ${c}`)).join();
    this.#arms = there.has("arm") ? new ArmReader(db) : null;
  }

  /** Null: there is no ledger. Throws where it can't be read: see `storeFault`. */
  static open(file: string): Past | null {
    const db = openReadOnly(file);
    if (db === null) return null;
    const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'trace'").get();
    if (tables?.["n"] === 1) return new Past(db);
    db.close();
    return null;
  }

  /** The newest `limit` traces of a range, the oldest first, a slice at a time. */
  *traces(range: TimeRange, limit: number): Iterable<readonly Trace[]> {
    let left = limit;
    let after = this.#before(range, limit);
    const next = this.#db.prepare(
      `SELECT ${this.#columns} FROM trace WHERE (at, n) > (?, ?) AND at < ? ORDER BY at, n LIMIT ?`,
    );
    while (left > 0) {
      const rows = next.all(after.at, after.n, upTo(range), Math.min(slice, left)).map(rowOf);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map((row) => unpack(row.id, row, row.rest));
      left -= rows.length;
      after = last;
    }
  }

  /** Time to first token by model, in milliseconds, over the newest requests of a range. */
  latency(range: TimeRange): ReadonlyMap<string, Latency> {
    const window = new LatencyWindow();
    for (const traces of this.traces(range, measured)) for (const trace of traces) window.add(trace);
    return window.result();
  }

  /** As the ledger's. */
  rewarded(from: number, limit: number): Trace[] {
    if (this.#arms === null) return [];
    const rows = this.#db
      .prepare(
        `SELECT ${this.#columns} FROM trace WHERE reward IS NOT NULL AND at >= ? ORDER BY at DESC, n DESC LIMIT ?`,
      )
      .all(from, limit);
    return rows
      .map(rowOf)
      .map((row) => unpack(row.id, row, row.rest))
      .reverse();
  }

  /** As the ledger's. */
  async armed(query: ArmsQuery, each: (arm: number, row: ArmRow) => void): Promise<boolean> {
    const arms = this.#arms;
    return arms === null ? false : readArms((next) => arms.next(next), query, each);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** The place before the newest `limit` rows of a range. */
  #before(range: TimeRange, limit: number): Place {
    const from = Math.max(range.from, -8.64e15);
    const values: SQLInputValue[] = [from, upTo(range), limit];
    // Skipping is a walk along the index by time: a million rows take some ten milliseconds.
    const row = this.#db
      .prepare("SELECT at, n FROM trace WHERE at >= ? AND at < ? ORDER BY at DESC, n DESC LIMIT 1 OFFSET ?")
      .get(...values);
    return row ? { at: Number(row["at"]), n: Number(row["n"]) } : { at: from, n: -1 };
  }
}

const upTo = (range: TimeRange): number => Math.min(range.to, 8.64e15);

// SAFETY: the columns of a STRICT table that the Writer alone fills, from Figures.
type Row = Figures & { readonly n: number; readonly id: string; readonly rest: string };
const rowOf = (row: Record<string, unknown>): Row => row as unknown as Row;
