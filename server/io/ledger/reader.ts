import type { DatabaseSync, StatementSync } from "node:sqlite";
import { timeOfId } from "../../kit/ids.ts";
import type { Trace } from "../../protocol/trace.ts";
import { ArmReader } from "./arms.ts";
import { recalledSavedPlace } from "./early.ts";
import { changingColumns, type Figures, fixedColumns } from "./figures.ts";
import { unpack } from "./packed.ts";
import type { Money } from "./today.ts";

export interface TraceFilter {
  readonly status?: string;
  readonly model?: string;
  readonly route?: string;
}

export interface StoredTrace {
  readonly n: number;
  readonly at: number;
  readonly trace: Trace;
}

/** Half-open, milliseconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const filters = ["status", "model", "route"] as const;
const columns = ["n", "owner", ...fixedColumns, ...changingColumns, "id", "rest"] as const;

/** Reads traces and figures back. */
export class Reader {
  readonly arms: ArmReader;
  readonly #db: DatabaseSync;
  readonly #find: StatementSync;
  readonly #money: StatementSync;
  readonly #version: StatementSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.arms = new ArmReader(db);
    this.#find = db.prepare(`SELECT ${columns} FROM trace WHERE at = ? AND id = ?`);
    this.#money = db.prepare(
      `SELECT count(*) AS requests, sum(status = 'running') AS running, sum(cost IS NULL) AS unknown,
         sum(cost) AS spent, sum(iif(cost IS NULL, NULL, saved)) AS saved, sum(iif(cost IS NULL, 0, estimated)) AS estimated,
         sum(cache IN ('exact', 'semantic', 'joined')) AS recalled, sum(early ->> '$[${recalledSavedPlace}]') AS recalledSaved
       FROM trace WHERE at >= ? AND at < ? AND owner IS NOT ? AND n NOT IN (SELECT value FROM json_each(?))`,
    );
    this.#version = db.prepare("PRAGMA data_version");
  }

  find(id: string): StoredTrace | null {
    const at = timeOfId(id);
    const row = at === null ? undefined : this.#find.get(at, id);
    return row ? stored(row) : null;
  }

  /** Newest first, at most `limit`, those older than the trace `after`; none when that one isn't there any more. */
  page(filter: TraceFilter, after: string | null, limit: number): StoredTrace[] {
    const used = filters.filter((f) => filter[f] !== undefined);
    const where = used.map((f) => `${f} = ?`);
    const values: (string | number)[] = used.map((f) => filter[f]!);
    if (after !== null) {
      const cursor = this.find(after);
      if (!cursor) return [];
      where.push("(at, n) < (?, ?)");
      values.push(cursor.at, cursor.n);
    }
    const statement = this.#prepare(
      `SELECT ${columns} FROM trace${where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""} ORDER BY at DESC, n DESC LIMIT ?`,
    );
    return statement.all(...values, limit).map(stored);
  }

  /** The newest `limit` from `from` on that have a reward, the oldest first. */
  rewarded(from: number, limit: number): StoredTrace[] {
    const statement = this.#prepare(
      `SELECT ${columns} FROM trace WHERE reward IS NOT NULL AND at >= ? ORDER BY at DESC, n DESC LIMIT ?`,
    );
    return statement.all(from, limit).map(stored).reverse();
  }

  /** A statement is kept for each form of a query: 16 of a page, one for each grouping of the figures. */
  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** The requests that began in a range, in their order: the next `limit` behind the row `after`, with the columns asked for. */
  figures<K extends keyof Row>(
    range: TimeRange,
    columns: readonly (K | "n" | "at")[],
    after: Pick<Row, "n" | "at"> | null,
    limit: number,
  ): Pick<Row, K | "n" | "at">[] {
    const statement = this.#prepare(
      `SELECT ${columns} FROM trace WHERE (at, n) > (?, ?) AND at < ? ORDER BY at, n LIMIT ?`,
    );
    const [at, n] = after ? [after.at, after.n] : [Math.max(range.from, -8.64e15), -1];
    return statement.all(at, n, Math.min(range.to, 8.64e15), limit).map(rowOf);
  }

  /** The money of a range, but for what `owner` is running and for the rows `except`. */
  money(range: TimeRange, owner: number, except: readonly number[]): Money {
    const row = this.#money.get(range.from, range.to, owner, JSON.stringify(except)) ?? {};
    const sum = (name: string): number => Number(row[name] ?? 0);
    return {
      requests: sum("requests"),
      running: sum("running"),
      spentNanos: sum("spent"),
      savedNanos: sum("saved"),
      unknownCost: sum("unknown"),
      estimated: sum("estimated"),
      recalled: sum("recalled"),
      recalledSavedNanos: sum("recalledSaved"),
    };
  }

  /** Changes when another process has written. */
  version(): number {
    return Number(this.#version.get()?.["data_version"]);
  }
}

// SAFETY: the columns of STRICT tables, which the Writer alone fills, from Figures.
type Row = Figures & { readonly n: number; readonly id: string; readonly owner: number | null; readonly rest: string };
const rowOf = (row: Record<string, unknown>): Row => row as unknown as Row;

function stored(columns: Record<string, unknown>): StoredTrace {
  const row = rowOf(columns);
  const trace = unpack(row.id, row, row.rest);
  if (trace.status === "interrupted") {
    trace.error ??= { code: "interrupted", message: "The daemon ended before this request did. Send it again." };
    for (const attempt of trace.attempts) attempt.outcome ??= "cancelled";
  }
  return { n: row.n, at: row.at, trace };
}
