import type { Moments } from "./moments.ts";

/**
 * A test that may be looked at after every request and stopped at any time: a mixture sequential probability ratio test with a
 * normal mixture (Robbins 1970; for experiments Johari, Pekelis and Walsh 2015, "Always valid inference", arXiv 1512.04922,
 * section 4), and the confidence sequence that it inverts to (Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform,
 * nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49, section 3.2). With D the difference, V the
 * estimated variance of D, and τ² the variance of the mixture, r = τ²/V:
 *
 *     Λ = (1 + r)^(-1/2) · exp( ½ · D²/V · r/(1 + r) )
 *     p = min(1, 1/Λ)         |D − true| < √( V · (1 + r)/r · (2·ln(1/α) + ln(1 + r)) )
 *
 * By Ville's inequality Λ reaches 1/α, ever, with a probability of at most α where there is no difference. V is estimated, so
 * this holds for large samples (Waudby-Smith et al. 2024, "Time-uniform central limit theory"); small ones aren't looked at, and
 * test/unit/experiments-sequential.test.ts counts the errors of what is.
 */
export interface Test {
  readonly difference: number;
  /** Always valid: 0…1. */
  readonly p: number;
  readonly low: number;
  readonly high: number;
  /** Of the difference. */
  readonly variance: number;
  /** τ² over that variance. */
  readonly r: number;
}

/** The share of wrong winners, over all arms and all looks, that is put up with. */
export const alpha = 0.05;
/** Values, and units that gave them, of each arm before anything is said of it. */
export const least = { values: 30, units: 20 } as const;
/** The mixture's standard deviation, in those of a single value: the test is at its best for differences of about that size. */
const tau = 0.2;

export const enough = (m: Moments): boolean => m.n >= least.values && m.units >= least.units;

/** Of `arm`'s mean less `times` the first arm's and less `plus`; null: too few of one of them. `error`: the interval's α. */
export function compare(arm: Moments, first: Moments, error: number, times = 1, plus = 0): Test | null {
  if (!enough(arm) || !enough(first)) return null;
  const difference = arm.mean - times * first.mean - plus;
  // Each arm is taken to have seen once what the other one has: without it, arms whose values are all alike were sure at once.
  const pulled = difference ** 2 * (arm.units ** -2 + first.units ** -2);
  const n = arm.n + first.n;
  const apart = arm.variance + times ** 2 * first.variance;
  // An arm with a small share has seldom seen what is rare: it isn't thought to vary less than both together.
  const each = (arm.n ** 2 * arm.variance + first.n ** 2 * times ** 2 * first.variance) / n;
  const variance = Math.max(apart, each * (1 / arm.n + 1 / first.n)) + pulled;
  const within = (arm.n * arm.spread + first.n * times ** 2 * first.spread) / n;
  const between = (difference ** 2 * arm.n * first.n) / n ** 2;
  return tested(difference, variance, within + between, error);
}

/** An interval around one arm's own mean, always valid; null: too few. `reach`: how far a value may lie from the mean. */
export function around(m: Moments, error: number, reach: number): Test | null {
  if (!enough(m)) return null;
  return tested(m.mean, m.variance + (reach / m.units) ** 2, m.spread + reach ** 2 / m.n, error);
}

function tested(difference: number, variance: number, spread: number, error: number): Test {
  if (variance === 0) return { difference, p: 1, low: difference, high: difference, variance, r: 0 };
  const r = (tau ** 2 * spread) / variance;
  const half = Math.sqrt(((variance * (1 + r)) / r) * (2 * Math.log(1 / error) + Math.log(1 + r)));
  const p = Math.min(1, Math.exp(-evidence(difference ** 2 / variance, r)));
  return { difference, p, low: difference - half, high: difference + half, variance, r };
}

/** ln Λ of a squared z. */
const evidence = (z2: number, r: number): number => (z2 * r) / (1 + r) / 2 - Math.log(1 + r) / 2;

/** Beyond so many times what there is nobody waits. */
const mostTimesMore = 1_000;

/** How many times as many requests would settle it if the difference stayed what it is (a rough estimate); null: out of sight. */
export function timesMore(t: Test, error: number): number | null {
  const z2 = t.variance === 0 ? 0 : t.difference ** 2 / t.variance;
  const settled = (f: number): boolean => evidence(z2 * f, t.r * f) >= Math.log(1 / error);
  if (!settled(mostTimesMore)) return null;
  let [low, high] = [1, mostTimesMore];
  while (high / low > 1.01) {
    const mid = Math.sqrt(low * high);
    if (settled(mid)) high = mid;
    else low = mid;
  }
  return high;
}
