import type { Weights } from "./weights.ts";

/** What the n-grams of a text say, and how many of them are known. */
export interface WordSums {
  gain: number;
  weak: number;
  /** Share of n-grams that training did not see. */
  novelty: number;
}

/** Unknown n-grams add nothing: their buckets belong to others. */
export function sumWords(
  weights: Pick<Weights, "known" | "words">,
  grams: Int32Array,
  count: number,
  into: WordSums,
): void {
  const { known, words } = weights;
  const mask = words.length / 2 - 1;
  const shift = 32 - Math.log2(known.length * 8);
  let gain = 0;
  let weak = 0;
  let met = 0;
  for (let i = 0; i < count; i++) {
    const hash = grams[i]!;
    const bit = hash >>> shift;
    // A factor instead of a branch, which the processor could not foresee.
    const isKnown = (known[bit >>> 3]! >>> (bit & 7)) & 1;
    const place = (hash & mask) << 1;
    met += isKnown;
    gain += isKnown * words[place]!;
    weak += isKnown * words[place + 1]!;
  }
  const root = count > 0 ? 1 / Math.sqrt(count) : 0;
  into.gain = gain * root;
  into.weak = weak * root;
  into.novelty = count > 0 ? 1 - met / count : 1;
}
