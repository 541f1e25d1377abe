import type { Grouping, StatsRow } from "../../protocol/stats.ts";
import { dayOf, dayStart, nextDay } from "./day.ts";
import { addEarly, noEarly, unpackEarly } from "./early.ts";
import type { Figures } from "./figures.ts";

/** Groups beyond this many are counted together as `(others)`. */
const maxGroups = 1_000;

/** The columns that are summed; with the one grouped by (a day is told by `at`) all that is needed. */
export const summed = [
  "n",
  "at",
  "status",
  "ttft",
  "total",
  "input",
  "cached",
  "output",
  "reasoning",
  "cost",
  "waste",
  "baseline",
  "saved",
  "estimated",
  "early",
] as const satisfies readonly (keyof Figures | "n")[];
type Summed = Pick<Figures, Exclude<(typeof summed)[number], "n">> & Partial<Figures>;

/** Sums figures, as a whole and by group. */
export class Statistics {
  readonly #by: Grouping;
  readonly #groups = new Map<string, Sum>();
  #day = { key: "", from: 0, to: 0 };

  constructor(by: Grouping) {
    this.#by = by;
  }

  add(f: Summed): void {
    let key = this.#key(f);
    if (this.#groups.size >= maxGroups && !this.#groups.has(key)) key = "(others)";
    let sum = this.#groups.get(key);
    if (!sum) {
      sum = new Sum();
      this.#groups.set(key, sum);
    }
    sum.add(f);
  }

  result(): { total: StatsRow; rows: StatsRow[] } {
    const total = new Sum();
    for (const sum of this.#groups.values()) total.merge(sum);
    const rows = [...this.#groups].map(([key, sum]) => sum.row(key));
    if (this.#by === "day") rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    else rows.sort((a, b) => b.requests - a.requests || (a.key < b.key ? -1 : 1));
    return { total: total.row("total"), rows };
  }

  #key(f: Summed): string {
    if (this.#by !== "day") return f[this.#by] ?? "(none)";
    const day = this.#day; // rows come in about their order: most are of the day before them
    if (f.at < day.from || f.at >= day.to) this.#day = { key: dayOf(f.at), from: dayStart(f.at), to: nextDay(f.at) };
    return this.#day.key;
  }
}

type Counts = Omit<StatsRow, "key" | "ttftMs" | "totalMs">;
const zero: Counts = {
  requests: 0,
  ok: 0,
  error: 0,
  cancelled: 0,
  interrupted: 0,
  running: 0,
  input: 0,
  cachedInput: 0,
  output: 0,
  reasoning: 0,
  costNanos: 0,
  wasteNanos: 0,
  baselineNanos: 0,
  savedNanos: 0,
  unknownCost: 0,
  estimated: 0,
  ...noEarly,
};
const counted = Object.keys(zero) as (keyof Counts)[];

class Sum {
  readonly #n: Counts = { ...zero };
  readonly #ttft: number[] = [];
  readonly #total: number[] = [];

  add(f: Summed): void {
    const n = this.#n;
    n.requests++;
    if (f.status in n) n[f.status as "ok"]++; // a newer version may know more
    n.input += f.input;
    n.cachedInput += f.cached;
    n.output += f.output;
    n.reasoning += f.reasoning;
    if (f.cost === null) n.unknownCost++;
    else {
      n.costNanos += f.cost;
      n.wasteNanos += f.waste ?? 0;
      n.baselineNanos += f.baseline ?? 0;
      n.savedNanos += f.saved ?? 0;
      n.estimated += f.estimated;
    }
    if (f.early !== null) addEarly(n, unpackEarly(f.early));
    if (f.ttft !== null) this.#ttft.push(f.ttft);
    if (f.total !== null && f.status === "ok") this.#total.push(f.total); // how long an answer takes, not how soon one fails
  }

  merge(other: Sum): void {
    for (const key of counted) this.#n[key] += other.#n[key];
    for (const v of other.#ttft) this.#ttft.push(v);
    for (const v of other.#total) this.#total.push(v);
  }

  row(key: string): StatsRow {
    return { key, ...this.#n, ttftMs: percentiles(this.#ttft), totalMs: percentiles(this.#total) };
  }
}

/** By nearest rank: always a value that was measured. */
export function percentiles(values: readonly number[]): { p50: number | null; p95: number | null } {
  if (values.length === 0) return { p50: null, p95: null };
  const sorted = Float64Array.from(values).sort();
  const at = (p: number): number => sorted[Math.ceil(p * sorted.length) - 1]!;
  return { p50: at(0.5), p95: at(0.95) };
}
