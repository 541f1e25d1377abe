import type { DatabaseSync, StatementSync } from "node:sqlite";
import { transaction } from "../store/database.ts";
import type { Entry } from "./entry.ts";
import { changingColumns, fixedColumns } from "./figures.ts";

/** Writes entries: one insert for a request that ended before its first batch, one more update for others. */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #owner: number;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  constructor(db: DatabaseSync, owner: number) {
    this.#db = db;
    this.#owner = owner;
    const columns = ["id", "owner", ...fixedColumns, ...changingColumns, "rest"];
    this.#insert = db.prepare(`INSERT INTO trace (${columns}) VALUES (${columns.map(() => "?")})`);
    const changing = ["owner", ...changingColumns, "rest"];
    this.#update = db.prepare(`UPDATE trace SET ${changing.map((c) => `${c} = ?`)} WHERE n = ?`);
  }

  /** All of them or, throwing, none. */
  write(entries: readonly Entry[]): void {
    const rows = transaction(this.#db, () => entries.map((e) => this.#one(e)));
    entries.forEach((e, i) => {
      e.n = rows[i]!;
      e.queued = false;
    });
  }

  #one({ id, n, row }: Entry): number {
    const { figures: f, rest } = row;
    const owner = f.status === "running" ? this.#owner : null;
    // Positional and spelled out: by name, or over a list of keys, binding takes twice as long.
    if (n > 0) {
      // biome-ignore format: one line, in the order of changingColumns
      const done = this.#update.run(owner, f.status, f.model, f.provider, f.route, f.task, f.stage, f.cache, f.ttft, f.total, f.input, f.cached, f.output, f.reasoning, f.cost, f.waste, f.baseline, f.saved, f.estimated, f.early, f.reward, f.arm, rest, n);
      if (Number(done.changes) > 0) return n; // else it was pruned meanwhile
    }
    // biome-ignore format: one line, in the order of fixedColumns and changingColumns
    const added = this.#insert.run(id, owner, f.at, f.kind, f.surface, f.client, f.workspace, f.status, f.model, f.provider, f.route, f.task, f.stage, f.cache, f.ttft, f.total, f.input, f.cached, f.output, f.reasoning, f.cost, f.waste, f.baseline, f.saved, f.estimated, f.early, f.reward, f.arm, rest);
    return Number(added.lastInsertRowid);
  }
}
