import type { Event, Stream } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Reader } from "../../kit/stream.ts";

type Result = IteratorResult<Event, undefined>;

/** What a hold keeps at most; full, it stops reading, and its source waits. */
const most = { events: 10_000, chars: 4_000_000 };

/**
 * A stream that runs but isn't shown yet: read ahead into a bounded buffer. Once somebody reads it, it has been released:
 * what is kept goes out in one burst, and from then on the source is read directly.
 */
export class Hold implements Reader<Event> {
  readonly #source: Stream;
  readonly #scope: Scope;
  readonly #kept: Event[] = [];
  #at = 0;
  #chars = 0;
  #over = false;
  #released = false;
  /** The read that is under way. */
  #reading: Promise<void> | null = null;
  /** When its first content came, or its end without any, in milliseconds from the request's arrival. */
  firstMs: number | null = null;
  /** The attempt it is, once that has begun to answer. */
  attempt: number | null = null;
  fault: Fault | null = null;

  /** `scope` is the stream's own: dropping ends it. */
  constructor(source: Stream, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
    this.#readAhead();
  }

  /** Closes its socket, and what was kept is forgotten. */
  drop(why: string): void {
    this.#over = true;
    this.#released = true;
    this.#kept.length = 0;
    this.#scope.end(why);
    void this.#source.return?.();
  }

  #readAhead(): void {
    while (!this.#over && !this.#released && this.#kept.length < most.events && this.#chars < most.chars) {
      const r = this.#source.ready();
      if (r === null) {
        this.#reading = this.#source.next().then((late) => {
          this.#reading = null;
          this.#keep(late);
          this.#readAhead();
        });
        return;
      }
      this.#keep(r);
    }
  }

  #keep(r: Result): void {
    if (r.done) {
      this.#over = true;
      this.#scope.end("over");
      return;
    }
    const event = r.value;
    this.#kept.push(event);
    switch (event.type) {
      case "first":
      case "done":
        this.firstMs ??= this.#scope.elapsed();
        return;
      case "start":
        this.attempt = event.attempt;
        return;
      case "error":
        this.firstMs ??= this.#scope.elapsed();
        this.fault = event.fault;
        return;
      case "bytes":
        this.#chars += event.data.length;
        return;
      case "text":
      case "reasoning":
        this.#chars += event.text.length;
        return;
      case "tool-call":
        this.#chars += event.args.length;
        return;
      case "vectors":
        for (const vector of event.vectors) this.#chars += vector.byteLength;
        return;
      case "decision":
      case "waiting":
      case "usage":
        return;
    }
  }

  ready(): Result | null {
    this.#released = true;
    if (this.#at < this.#kept.length) {
      const value = this.#kept[this.#at++]!;
      if (this.#at === this.#kept.length) {
        this.#kept.length = 0;
        this.#at = 0;
      }
      return { value, done: false };
    }
    if (this.#over) return { value: undefined, done: true };
    return this.#reading ? null : this.#source.ready();
  }

  async next(): Promise<Result> {
    const r = this.ready();
    if (r) return r;
    if (!this.#reading) return this.#source.next();
    await this.#reading;
    return this.next();
  }

  return(): Promise<Result> {
    this.drop("its reader left");
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
