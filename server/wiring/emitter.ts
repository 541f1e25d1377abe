/** Tells listeners that something has changed, at most once an interval: bursts are one word. */
export class Changes implements Disposable {
  readonly #listeners = new Set<() => void>();
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  on(f: () => void): Disposable {
    this.#listeners.add(f);
    return { [Symbol.dispose]: () => void this.#listeners.delete(f) };
  }

  tell(): void {
    if (this.#timer !== null || this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      for (const f of this.#listeners) f();
    }, this.#intervalMs);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#listeners.clear();
  }
}
