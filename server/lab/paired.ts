import type { Compared } from "../protocol/replay.ts";

/** How often the requests are drawn anew. */
export const resamples = 1_000;
/** Any fixed number: the same requests give the same intervals. */
export const seed = 6;
/** Standard deviations that hold 95 of 100 of a normal distribution. */
const z95 = 1.96;

/**
 * The mean of one figure over requests under both policies, and the interval of its difference. Each request is compared with
 * itself, so what differs between requests doesn't widen it. Up to `most` requests by drawing them anew (bootstrap), since
 * costs are skewed; with more of them the mean of the differences is as good as normal, and nothing is kept of a request.
 */
export class Paired {
  readonly #most: number;
  /** The differences, while there are few. */
  #few: number[] | null = [];
  #n = 0;
  #now = 0;
  #policy = 0;
  #mean = 0;
  #squares = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(now: number, policy: number): void {
    const d = policy - now;
    this.#n++;
    this.#now += now;
    this.#policy += policy;
    const before = d - this.#mean;
    this.#mean += before / this.#n;
    this.#squares += before * (d - this.#mean);
    if (this.#few === null) return;
    if (this.#few.length === this.#most) this.#few = null;
    else this.#few.push(d);
  }

  get n(): number {
    return this.#n;
  }

  /** Null without a request. */
  mean(): Compared | null {
    if (this.#n === 0) return null;
    const [low, high] = this.#few === null ? this.#normal() : bootstrapped(this.#few);
    return { now: this.#now / this.#n, policy: this.#policy / this.#n, difference: this.#mean, low, high };
  }

  #normal(): [number, number] {
    const half = z95 * Math.sqrt(this.#squares / (this.#n - 1) / this.#n);
    return [this.#mean - half, this.#mean + half];
  }
}

/** The 95 % interval of the mean: percentiles of means of as many values, drawn with replacement. */
function bootstrapped(values: readonly number[]): [number, number] {
  const n = values.length;
  const scale = n / 2 ** 32;
  const from = Float64Array.from(values);
  if (from.every((v) => v === from[0])) return [from[0]!, from[0]!]; // else sums of the same would differ in their last digit
  const means = new Float64Array(resamples);
  let state = Math.imul(seed, 0x9e3779b1); // xorshift, in place: drawing is nearly all of the time that a replay of some thousands takes
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum += from[((state >>> 0) * scale) | 0]!;
    }
    means[r] = sum / n;
  }
  return interval(means);
}

/** The 2.5th and the 97.5th percentile; sorts what it is given. */
export function interval(values: Float64Array): [number, number] {
  values.sort();
  const at = (p: number): number => values[Math.min(values.length - 1, Math.floor(p * values.length))]!;
  return [at(0.025), at(0.975)];
}

/** The same of a sum: `times` as much. */
export const scaled = (c: Compared, times: number): Compared => ({
  now: c.now * times,
  policy: c.policy * times,
  difference: c.difference * times,
  low: c.low * times,
  high: c.high * times,
});
