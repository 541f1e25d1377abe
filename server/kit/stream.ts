/**
 * Streams without async generators: each of those costs several promises an item, and an item passes many hands. All have
 * one reader, which asks for an item at a time and says by `return` that it leaves early.
 */
type Result<T> = IteratorResult<T, undefined>;

export interface Reader<T> extends AsyncIterableIterator<T, undefined> {
  /** What there is without a wait, or null: then `next` waits for it. Not to be asked while a `next` is pending. */
  ready(): Result<T> | null;
}

/** Gives each item to `f`, those that came together without a promise between them; waits where `f` says so. */
export async function each<T>(reader: Reader<T>, f: (item: T) => Promise<void> | void): Promise<void> {
  try {
    for (;;) {
      const r = reader.ready() ?? (await reader.next());
      if (r.done) return;
      const busy = f(r.value);
      if (busy) await busy;
    }
  } catch (e) {
    await reader.return?.();
    throw e;
  }
}

/** Each item through `f`. `over` runs once: at the end, when the reader leaves, or when the source throws. */
export function mapStream<T>(source: Reader<T>, f: (item: T) => T, over: () => void): Reader<T> {
  return new Mapped(source, f, over);
}

class Mapped<T> implements Reader<T> {
  readonly #source: Reader<T>;
  readonly #f: (item: T) => T;
  #over: (() => void) | null;

  constructor(source: Reader<T>, f: (item: T) => T, over: () => void) {
    this.#source = source;
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

  ready(): Result<T> | null {
    const r = this.#source.ready();
    return r && this.#step(r);
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
  readonly #rest: Reader<T> | null;
  #at = 0;

  constructor(head: readonly T[], rest: Reader<T> | null) {
    this.#head = head;
    this.#rest = rest;
  }

  ready(): Result<T> | null {
    if (this.#at < this.#head.length) return { value: this.#head[this.#at++]!, done: false };
    return this.#rest === null ? { value: undefined, done: true } : this.#rest.ready();
  }

  next(): Promise<Result<T>> {
    const r = this.ready();
    return r ? Promise.resolve(r) : this.#rest!.next();
  }

  return(): Promise<Result<T>> {
    this.#at = this.#head.length;
    return this.#rest?.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A stream that is still to be had. */
export class Late<T> implements Reader<T> {
  readonly #coming: Promise<Reader<T>>;
  #source: Reader<T> | null = null;

  constructor(coming: Promise<Reader<T>>) {
    this.#coming = coming;
  }

  ready(): Result<T> | null {
    return this.#source?.ready() ?? null;
  }

  async next(): Promise<Result<T>> {
    this.#source ??= await this.#coming;
    return this.#source.next();
  }

  /** Who leaves doesn't wait for it: it is closed when it comes. */
  return(): Promise<Result<T>> {
    if (this.#source) return this.#source.return?.() ?? Promise.resolve({ value: undefined, done: true });
    this.#coming.then((source) => source.return?.()).catch(() => {}); // nobody is left to be told
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
