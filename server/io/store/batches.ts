import type { Clock, Timer } from "../../kit/clock.ts";

export interface BatchOptions<T> {
  readonly clock: Clock;
  /** Writes one slice, wholly or (throwing) not at all. */
  readonly write: (slice: readonly T[]) => void;
  /** The items could not be kept: `limit` were waiting and writing fails. */
  readonly drop: (items: readonly T[]) => void;
  /** Writing began to fail (the reason), or works again (null). */
  readonly state: (failure: unknown) => void;
  readonly delayMs: number;
  /** Items that have come to their end: so many are written without waiting for the delay, and the others stay. */
  readonly final: { readonly is: (item: T) => boolean; readonly enough: number };
  /** Rows a slice: what the event loop is held up for at once. */
  readonly slice: number;
  /** Items that may wait. */
  readonly limit: number;
}

const retryMs = { first: 500, most: 5_000 };

/**
 * Collects what shall be written and writes it soon, in slices between which others run.
 * Where writing fails, items wait and it is tried again, ever more seldom; at the limit the oldest are dropped.
 */
export class Batches<T> {
  readonly #o: BatchOptions<T>;
  #waiting: T[] = [];
  #timer: Timer | null = null;
  #armed = false;
  #next: NodeJS.Immediate | null = null;
  #failing = false;
  #retryMs = retryMs.first;
  #final = 0;
  #early: NodeJS.Immediate | null = null;

  constructor(o: BatchOptions<T>) {
    this.#o = o;
  }

  get waiting(): readonly T[] {
    return this.#waiting;
  }

  push(item: T): void {
    if (this.#waiting.length >= this.#o.limit) this.#makeRoom();
    this.#waiting.push(item);
    if (!this.#armed) this.#arm(this.#o.delayMs);
  }

  /** One of the waiting items has come to its end. Written soon, it dies young: kept for the delay, it would grow old. */
  ended(): void {
    if (++this.#final < this.#o.final.enough || this.#early || this.#failing) return;
    this.#early = setImmediate(() => {
      this.#early = null;
      this.#writeFinal();
    });
  }

  #writeFinal(): void {
    this.#final = 0;
    const { is } = this.#o.final;
    const rest = this.#waiting.filter((item) => !is(item));
    this.#waiting = this.#waiting.filter(is);
    this.#writeSlice();
    this.#waiting = this.#waiting.concat(rest);
  }

  /** Writes everything that waits, now; when that fails, it goes on waiting. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#writeSlice()) {}
    if (this.#waiting.length === 0) this.#disarm();
  }

  /** What can't be written now never will be. */
  close(): void {
    this.flush();
    this.#disarm();
    if (this.#waiting.length > 0) this.#o.drop(this.#waiting.splice(0));
  }

  #arm(ms: number): void {
    this.#armed = true;
    this.#timer = this.#o.clock.after(ms, this.#ring);
  }

  #disarm(): void {
    this.#armed = false;
    this.#timer?.cancel();
    if (this.#next) clearImmediate(this.#next);
    if (this.#early) clearImmediate(this.#early);
    this.#next = null;
    this.#early = null;
    this.#final = 0;
  }

  readonly #ring = (): void => {
    this.#next = null;
    if (this.#waiting.length > 0 && !this.#writeSlice()) {
      this.#arm(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, retryMs.most);
    } else if (this.#waiting.length > 0) this.#next = setImmediate(this.#ring);
    else this.#armed = false;
  };

  /** True when it was written. */
  #writeSlice(): boolean {
    const slice = this.#waiting.length <= this.#o.slice ? this.#waiting : this.#waiting.slice(0, this.#o.slice);
    try {
      this.#o.write(slice);
    } catch (e) {
      this.#failing = true;
      this.#o.state(e);
      return false;
    }
    this.#waiting = slice === this.#waiting ? [] : this.#waiting.slice(slice.length);
    if (this.#failing) {
      this.#failing = false;
      this.#retryMs = retryMs.first;
      this.#o.state(null);
    }
    return true;
  }

  #makeRoom(): void {
    if (!this.#failing && this.#writeSlice()) return; // more comes than the loop lets us write: the writer pays
    const dropped = this.#waiting.slice(0, this.#o.slice);
    this.#waiting = this.#waiting.slice(dropped.length);
    this.#o.drop(dropped);
  }
}
