/** Pauses longer than this are a person thinking, not typing. */
const typingMs = 1_000;

/** How long to wait after a key: a fast typist is given up to twice the set time, so that fewer requests are wasted. */
export class Pace {
  #last: number | null = null;
  #averageMs: number | null = null;

  key(nowMs: number): void {
    const gap = this.#last === null ? null : nowMs - this.#last;
    this.#last = nowMs;
    if (gap === null || gap > typingMs) return;
    this.#averageMs = this.#averageMs === null ? gap : 0.7 * this.#averageMs + 0.3 * gap;
  }

  waitMs(baseMs: number): number {
    if (this.#averageMs === null) return baseMs;
    return Math.round(Math.min(2 * baseMs, Math.max(baseMs, this.#averageMs)));
  }
}
