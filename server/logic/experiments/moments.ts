/** What is known of a mean, and how much it may be off. */
export interface Moments {
  /** Values. */
  readonly n: number;
  /** Those who gave them: conversations, clients. The values of one are not independent of each other. */
  readonly units: number;
  readonly mean: number;
  /** Of the mean, by units (cluster-robust). */
  readonly variance: number;
  /** Of a single value. */
  readonly spread: number;
}

interface Unit {
  n: number;
  sum: number;
}

/**
 * Mean and variance of values that come one by one from units, each value in the time of a few additions. The variance of the
 * mean is that of a ratio of sums over units (Liang and Zeger 1986): G/(G-1) · Σ (S_g − m·n_g)² / n², with S_g and n_g the sum
 * and the number of unit g's values.
 */
export class Running {
  n = 0;
  units = 0;
  /** Sums are of distances from the first value: so equal values have a variance of exactly 0. */
  #first = 0;
  #sum = 0;
  #squares = 0;
  /** Σ S_g², Σ S_g·n_g, Σ n_g². */
  #ss = 0;
  #sn = 0;
  #nn = 0;
  readonly #byUnit = new Map<string, Unit>();

  /** `unit` null: a unit of its own. */
  add(value: number, unit: string | null): void {
    if (this.n === 0) this.#first = value;
    const x = value - this.#first;
    this.n++;
    this.#sum += x;
    this.#squares += x * x;
    let u = unit === null ? undefined : this.#byUnit.get(unit);
    if (!u) {
      u = { n: 0, sum: 0 };
      if (unit !== null) this.#byUnit.set(unit, u);
      this.units++;
    }
    this.#ss += x * (2 * u.sum + x);
    this.#sn += x * (u.n + 1) + u.sum;
    this.#nn += 2 * u.n + 1;
    u.n++;
    u.sum += x;
  }

  get moments(): Moments {
    const { n, units } = this;
    if (n === 0) return { n, units, mean: 0, variance: 0, spread: 0 };
    const m = this.#sum / n;
    const between = this.#ss - 2 * m * this.#sn + m * m * this.#nn;
    const variance = units < 2 ? 0 : ((units / (units - 1)) * Math.max(0, between)) / (n * n);
    const spread = Math.max(0, this.#squares / n - m * m);
    return { n, units, mean: this.#first + m, variance, spread };
  }
}

/** Positive values that are seen before one is held to be out of all proportion. */
const seenFirst = 30;
/** Times the mean of the positive ones before it that a value counts at most. */
const mostTimes = 20;

/**
 * Holds a heavy tail: what it lets through of a value depends only on those before it, so that the test of what comes out stays
 * valid. Zeros (free models) say nothing of what is usual.
 */
export class Cap {
  #n = 0;
  #sum = 0;

  of(value: number): number {
    if (value <= 0) return value;
    const most = this.#n < seenFirst ? Number.POSITIVE_INFINITY : (mostTimes * this.#sum) / this.#n;
    const held = Math.min(value, most);
    this.#n++;
    this.#sum += held;
    return held;
  }
}
