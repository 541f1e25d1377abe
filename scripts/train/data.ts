/** The routing data: what a router sees of each item, and what came of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

interface Pool {
  readonly n: number;
  readonly mean: number;
}

export interface Item {
  readonly source: string;
  readonly prompt: string;
  readonly group: string;
  readonly weak: { readonly score: number };
  readonly strong: { readonly score: number };
  readonly weak_pool?: Pool;
  readonly strong_pool?: Pool;
}

export function readItems(folder: string, split: "train" | "dev"): Item[] {
  const lines = gunzipSync(readFileSync(join(folder, `${split}.jsonl.gz`))).toString("utf8");
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Item);
}

/** Items of a source count n^-0.25 each, so that the large quizzes don't drown the rest; the mean is 1. */
export function weightsOf(items: readonly Item[]): Float64Array {
  const counts = new Map<string, number>();
  for (const { source } of items) counts.set(source, (counts.get(source) ?? 0) + 1);
  const weights = Float64Array.from(items, ({ source }) => 1 / Math.sqrt(Math.sqrt(counts.get(source)!)));
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}

/**
 * One outcome is a noisy label. Where a pool of similar models answered too, half of the label is what the pool's mean
 * lets expect: fitted within each source, so that a pool better or worse than the model itself doesn't shift it.
 */
export function labelsOf(items: readonly Item[], of: "weak" | "strong"): Float64Array {
  const labels = Float64Array.from(items, (item) => item[of].score);
  for (const source of new Set(items.map((item) => item.source))) {
    const pairs: { readonly at: number; readonly own: number; readonly pool: number }[] = [];
    for (const [at, item] of items.entries()) {
      const pool = item[`${of}_pool`];
      if (item.source === source && pool) pairs.push({ at, own: item[of].score, pool: pool.mean });
    }
    if (pairs.length < 30) continue;
    const own = mean(pairs.map((pair) => pair.own));
    const pool = mean(pairs.map((pair) => pair.pool));
    let [together, alone] = [0, 0];
    for (const pair of pairs) {
      together += (pair.pool - pool) * (pair.own - own);
      alone += (pair.pool - pool) * (pair.pool - pool);
    }
    const slope = alone > 0 ? together / alone : 0;
    for (const pair of pairs) labels[pair.at] = 0.5 * pair.own + 0.5 * (own + slope * (pair.pool - pool));
  }
  return labels;
}

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length > 0 ? sum / values.length : 0;
};

/** Always the same numbers: a linear congruential generator with the high bits taken. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 16777216;
  };
}

/** Which of `folds` parts a group falls into: the same for all its items. */
export function foldOf(group: string, folds: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < group.length; i++) hash = Math.imul(hash ^ group.charCodeAt(i), 0x01000193);
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 8) % folds;
}
