/** How many prompt tokens are evaluated at a stretch: a cancelled job ends after the stretch that runs. */
export const steady = 32;
const least = 4;
/** A stretch shall take about this long, in milliseconds: long enough to be efficient, short enough to be cancelled. */
const tooLong = 55;
const tooShort = 20;

/** Finds the length of a stretch from how long the last one took. */
export class Pace {
  size: number;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
    this.size = Math.min(steady, most);
  }

  /** A whole stretch took `ms`. */
  took(ms: number): void {
    if (ms > tooLong) this.size = Math.max(least, this.size >> 1);
    else if (ms < tooShort) this.size = Math.min(this.#most, this.size << 1);
  }
}
