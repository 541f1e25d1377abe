import type { Item } from "./data.ts";

/** What a router makes of a set of items. NaN: it isn't defined there, as where the strong model gains nothing. */
export interface Metrics {
  /** Area under the share of the gap that is recovered, over the share of strong calls from 0 to 1. */
  readonly apgr: number;
  /** The least share of strong calls that recovers 50 and 80 % of the gap. */
  readonly cpt50: number;
  readonly cpt80: number;
  /** That an item with a gain is scored above one without. */
  readonly auc: number;
  /** The share of the always-strong cost at which 95 % of the strong model's mean is reached. */
  readonly cost95: number;
}
export const metricNames = ["apgr", "cpt50", "cpt80", "auc", "cost95"] as const satisfies readonly (keyof Metrics)[];

/** Items in the order in which a router gives them to the strong model; what it scores alike stands in one tie. */
export interface Ranking {
  readonly order: Int32Array;
  /** Where each tie ends in `order`. */
  readonly ends: Int32Array;
}

export function rank(scores: Float64Array, among: readonly number[]): Ranking {
  const order = Int32Array.from(among).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const ends: number[] = [];
  for (let i = 1; i <= order.length; i++)
    if (i === order.length || scores[order[i]!] !== scores[order[i - 1]!]) ends.push(i);
  return { order, ends: Int32Array.from(ends) };
}

/**
 * The metrics of a ranking, each item counted as often as `counts` says (absent: once). The curve goes up in steps of items;
 * inside a tie it is the average over all orders, which is a straight line.
 */
export function measure(items: readonly Item[], { order, ends }: Ranking, counts: Uint16Array | null = null): Metrics {
  let n = 0;
  let gap = 0;
  let weak = 0;
  let strong = 0;
  let cost = 0;
  let allStrong = 0;
  let gained = 0;
  for (const at of order) {
    const item = items[at]!;
    const times = counts === null ? 1 : counts[at]!;
    n += times;
    gap += times * (item.strong - item.weak);
    weak += times * item.weak;
    strong += times * item.strong;
    cost += times * item.weakCost;
    allStrong += times * item.strongCost;
    if (item.strong > item.weak) gained += times;
  }
  if (n === 0) return { apgr: Number.NaN, cpt50: Number.NaN, cpt80: Number.NaN, auc: Number.NaN, cost95: Number.NaN };
  const wanted = 0.95 * strong;
  let area = 0;
  let calls = 0;
  let recovered = 0;
  let above = 0; // items without a gain that stand higher
  let pairs = 0;
  let cpt50 = Number.NaN;
  let cpt80 = Number.NaN;
  let cost95 = weak >= wanted ? cost / allStrong : Number.NaN;
  let from = 0;
  for (const end of ends) {
    let times = 0;
    let gain = 0;
    let more = 0;
    let withGain = 0;
    for (let i = from; i < end; i++) {
      const item = items[order[i]!]!;
      const t = counts === null ? 1 : counts[order[i]!]!;
      times += t;
      gain += t * (item.strong - item.weak);
      more += t * (item.strongCost - item.weakCost);
      if (item.strong > item.weak) withGain += t;
    }
    from = end;
    if (times === 0) continue;
    const part = (target: number, at: number): number => (target - at) / gain; // of the tie
    if (Number.isNaN(cpt50) && recovered + gain >= 0.5 * gap) cpt50 = (calls + times * part(0.5 * gap, recovered)) / n;
    if (Number.isNaN(cpt80) && recovered + gain >= 0.8 * gap) cpt80 = (calls + times * part(0.8 * gap, recovered)) / n;
    if (Number.isNaN(cost95) && weak + recovered + gain >= wanted)
      cost95 = (cost + more * part(wanted, weak + recovered)) / allStrong;
    area += times * (recovered + gain / 2);
    const without = times - withGain;
    pairs += withGain * (n - gained - above - without / 2);
    above += without;
    calls += times;
    recovered += gain;
    cost += more;
  }
  const defined = gap > 1e-9;
  return {
    apgr: defined ? area / (n * gap) : Number.NaN,
    cpt50: defined ? cpt50 : Number.NaN,
    cpt80: defined ? cpt80 : Number.NaN,
    auc: gained > 0 && gained < n ? pairs / (gained * (n - gained)) : Number.NaN,
    cost95: allStrong > 0 ? cost95 : Number.NaN,
  };
}

/** How far scores are from the gain max(0, strong − weak) they stand for: over bins of equal width, weighted by their items. */
export function calibrationError(
  items: readonly Item[],
  scores: Float64Array,
  counts: Uint16Array | null = null,
  bins = 15,
): number {
  const n = new Float64Array(bins);
  const off = new Float64Array(bins);
  for (let i = 0; i < items.length; i++) {
    const times = counts === null ? 1 : counts[i]!;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(scores[i]! * bins)));
    n[bin]! += times;
    off[bin]! += times * (scores[i]! - Math.max(0, items[i]!.strong - items[i]!.weak));
  }
  const all = n.reduce((a, b) => a + b, 0);
  return all === 0 ? Number.NaN : off.reduce((sum, o) => sum + Math.abs(o), 0) / all;
}
