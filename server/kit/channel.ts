import type { Reader } from "./stream.ts";

/**
 * What turns callbacks into a stream: pushed on one side, iterated on the other, by one reader.
 * Bounded by its writer: `onFull` asks it to pause when `limit` items wait, `onDrained` to go on.
 */
export class Channel<T> implements Reader<T> {
  readonly #items: T[] = [];
  #at = 0;
  #closed = false;
  #full = false;
  #waiting: ((r: IteratorResult<T, undefined>) => void) | null = null;
  readonly #limit: number;
  onFull: (() => void) | null = null;
  onDrained: (() => void) | null = null;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  push(item: T): void {
    if (this.#closed) return;
    if (this.#waiting) {
      const resolve = this.#waiting;
      this.#waiting = null;
      resolve({ value: item, done: false });
      return;
    }
    this.#items.push(item);
    if (!this.#full && this.#items.length - this.#at >= this.#limit) {
      this.#full = true;
      this.onFull?.();
    }
  }

  /** No more will come; what waits is still read. */
  close(): void {
    this.#closed = true;
    this.#waiting?.({ value: undefined, done: true });
    this.#waiting = null;
  }

  ready(): IteratorResult<T, undefined> | null {
    if (this.#at === this.#items.length) return this.#closed ? { value: undefined, done: true } : null;
    const value = this.#items[this.#at++]!;
    if (this.#at === this.#items.length) {
      this.#items.length = 0;
      this.#at = 0;
      if (this.#full) {
        this.#full = false;
        this.onDrained?.();
      }
    }
    return { value, done: false };
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const r = this.ready();
    if (r) return Promise.resolve(r);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** The reader leaves: what waits is dropped, and so is what still comes. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.#at = 0;
    this.#closed = true;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
