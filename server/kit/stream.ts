/**
 * Streams without async generators: each of those costs several promises an item, and an item passes many hands.
 * All have one reader, which asks for an item at a time and says by `return` that it leaves early.
 */
type Result<T> = IteratorResult<T, undefined>;
export type Reader<T> = AsyncIterableIterator<T, undefined>;

/** Each item through `f`. `over` runs once: at the end, when the reader leaves, or when the source throws. */
export function mapStream<T>(source: AsyncIterable<T>, f: (item: T) => T, over: () => void): Reader<T> {
  return new Mapped(source, f, over);
}

class Mapped<T> implements Reader<T> {
  readonly #source: AsyncIterator<T, undefined>;
  readonly #f: (item: T) => T;
  #over: (() => void) | null;

  constructor(source: AsyncIterable<T>, f: (item: T) => T, over: () => void) {
    this.#source = source[Symbol.asyncIterator]() as AsyncIterator<T, undefined>;
    this.#f = f;
    this.#over = over;
  }

  readonly #step = (r: Result<T>): Result<T> => {
    if (r.done) {
      this.#end();
      return r;
    }
    const value = this.#f(r.value);
    return value === r.value ? r : { value, done: false };
  };

  readonly #fail = (e: unknown): never => {
    this.#end();
    throw e;
  };

  #end(): void {
    const over = this.#over;
    this.#over = null;
    over?.();
  }

  next(): Promise<Result<T>> {
    return this.#source.next().then(this.#step, this.#fail);
  }

  return(): Promise<Result<T>> {
    this.#end();
    return this.#source.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Some items, then what a stream gives; or nothing more. */
export class Prefixed<T> implements Reader<T> {
  readonly #head: readonly T[];
  readonly #rest: AsyncIterator<T, undefined> | null;
  #at = 0;

  constructor(head: readonly T[], rest: AsyncIterator<T, undefined> | null) {
    this.#head = head;
    this.#rest = rest;
  }

  next(): Promise<Result<T>> {
    if (this.#at < this.#head.length) return Promise.resolve({ value: this.#head[this.#at++]!, done: false });
    return this.#rest?.next() ?? Promise.resolve({ value: undefined, done: true });
  }

  return(): Promise<Result<T>> {
    this.#at = this.#head.length;
    return this.#rest?.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
