import { chance } from "../kit/chance.ts";
import type { Compared } from "../protocol/replay.ts";
import { interval, resamples, seed } from "./paired.ts";
import { poisson } from "./poisson.ts";

/** Requests with the same pair of values. */
interface Cell {
  readonly now: number;
  readonly policy: number;
  count: number;
}

/**
 * The median of a figure that has few values, as a model's latency has one: requests are counted by their pair of values, and
 * drawing them anew is drawing those counts (a Poisson bootstrap), which takes as long for a million requests as for ten.
 */
export class Medians {
  readonly #cells = new Map<number, Map<number, Cell>>();

  add(now: number, policy: number): void {
    let row = this.#cells.get(now);
    if (!row) {
      row = new Map();
      this.#cells.set(now, row);
    }
    const cell = row.get(policy);
    if (cell) cell.count++;
    else row.set(policy, { now, policy, count: 1 });
  }

  /** Null without a request. */
  median(): Compared | null {
    const cells = [...this.#cells.values()].flatMap((row) => [...row.values()]);
    if (cells.length === 0) return null;
    const byNow = orderBy(cells, (c) => c.now);
    const byPolicy = orderBy(cells, (c) => c.policy);
    const counts = cells.map((c) => c.count);
    const now = medianOf(byNow, counts);
    const policy = medianOf(byPolicy, counts);
    const random = chance(seed);
    const differences = new Float64Array(resamples);
    for (let r = 0; r < resamples; r++) {
      const drawn = counts.map((count) => poisson(count, random));
      const some = drawn.some((count) => count > 0) ? drawn : counts; // of a few requests none may be drawn
      differences[r] = medianOf(byPolicy, some) - medianOf(byNow, some);
    }
    const [low, high] = interval(differences);
    return { now, policy, difference: policy - now, low, high };
  }
}

interface Ordered {
  readonly value: number;
  /** Which cell it is of. */
  readonly i: number;
}

const orderBy = (cells: readonly Cell[], value: (c: Cell) => number): Ordered[] =>
  cells.map((c, i) => ({ value: value(c), i })).sort((a, b) => a.value - b.value);

/** By nearest rank. */
function medianOf(ordered: readonly Ordered[], counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  let seen = 0;
  for (const { value, i } of ordered) {
    seen += counts[i]!;
    if (2 * seen >= total) return value;
  }
  return ordered.at(-1)!.value;
}
