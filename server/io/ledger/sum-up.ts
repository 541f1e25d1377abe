import type { Grouping, Stats } from "../../protocol/stats.ts";
import { parseTime } from "./day.ts";
import type { Disk } from "./disk.ts";
import type { Entry } from "./entry.ts";
import { Statistics, summed } from "./statistics.ts";

export interface StatsQuery {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly by?: Grouping;
}

/** Rows at once: what the event loop is held up for. */
const slice = 2_000;

/** Sums what is on disk and, where writing fails, what waits for it. Many requests take seconds: others run in between. */
export async function sumUp(
  disk: Disk,
  waiting: readonly Entry[],
  { from = null, to = null, by = "model" }: StatsQuery,
): Promise<Stats> {
  const range = {
    from: from === null ? -Infinity : parseTime(from, "start"),
    to: to === null ? Infinity : parseTime(to, "end"),
  };
  const sums = new Statistics(by);
  const unwritten = new Set<number>();
  for (const e of waiting) {
    unwritten.add(e.n);
    if (e.at >= range.from && e.at < range.to) sums.add(e.row.figures);
  }
  const columns = by === "day" ? summed : [...summed, by];
  const next = (after: { readonly n: number; readonly at: number } | null) =>
    disk.read((r) => r.figures(range, columns, after, slice));
  let rows = next(null);
  for (;;) {
    for (const row of rows) if (!unwritten.has(row.n)) sums.add(row);
    if (rows.length < slice) return { from, to, by, ...sums.result() };
    await new Promise(setImmediate);
    rows = next(rows.at(-1)!);
  }
}
