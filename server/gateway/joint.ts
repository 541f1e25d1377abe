import type { Event, Stream } from "../domain/event.ts";
import { answered, endedFault, fault } from "../domain/fault.ts";
import { messageOf } from "../kit/log.ts";
import type { Scope } from "../kit/scope.ts";
import type { Reader } from "../kit/stream.ts";

type Result = IteratorResult<Event, undefined>;

/** What is kept of an answer for those who join later, at most; beyond it, the fastest reader waits for the slowest. */
const most = { events: 20_000, bytes: 4_000_000 };

/** An answer that several clients read, each from its beginning. It ends with its last reader. */
export class Joint {
  readonly #source: Stream;
  readonly #scope: Scope;
  readonly #whole: (events: readonly Event[], bytes: number) => void;
  readonly #closed: () => void;
  readonly #seats = new Set<Seat>();
  #items: Event[] = [];
  /** How many items were there before the first of `items`. */
  #base = 0;
  #bytes = 0;
  /** Too much to be kept: nobody can join, and what all have read goes. */
  #large = false;
  #reading = false;
  #over = false;

  /**
   * `scope` is the answer's own. `whole` is told all of it once it has succeeded, `closed` once that nobody can join any
   * more.
   */
  constructor(
    source: Stream,
    scope: Scope,
    whole: (events: readonly Event[], bytes: number) => void,
    closed: () => void,
  ) {
    this.#source = source;
    this.#scope = scope;
    this.#whole = whole;
    this.#closed = closed;
  }

  /** A reader of its own; it leaves with its scope. `orphaned`: it has left, and others read on. */
  enter(scope: Scope, orphaned: (() => void) | null = null): Stream {
    const seat = new Seat(this, scope, orphaned);
    this.#seats.add(seat);
    return seat;
  }

  /** The item at a place: null while it isn't there, "over" behind the last. */
  at(place: number): Event | "over" | null {
    for (;;) {
      const item = this.#items[place - this.#base];
      if (item) return item;
      if (this.#over) return "over";
      if (this.#reading || this.#mustWait(place)) return null;
      const r = this.#source.ready();
      if (r === null) return null;
      this.#take(r);
    }
  }

  /** Begins to wait for the next item: every seat is told when there is one. */
  read(place: number): void {
    if (this.#reading || this.#over || this.#mustWait(place)) return;
    this.#reading = true;
    const done = (r: Result): void => {
      this.#reading = false;
      this.#take(r);
      for (const seat of this.#seats) seat.ring();
    };
    this.#source.next().then(done, (e: unknown) => {
      const f = fault("internal", `The answer could not be read: ${messageOf(e)}`);
      done({ value: { type: "error", fault: f }, done: false });
      this.#over = true;
    });
  }

  /** A seat has read on. */
  moved(): void {
    if (!this.#large) return;
    let least = Infinity;
    for (const seat of this.#seats) least = Math.min(least, seat.place);
    const gone = least - this.#base;
    if (gone < 256 && gone < this.#items.length) return;
    for (const item of this.#items.splice(0, gone)) this.#bytes -= sizeOf(item);
    this.#base = least;
    for (const seat of this.#seats) if (seat.place > least) seat.ring();
  }

  leave(seat: Seat, why: string): void {
    if (!this.#seats.delete(seat)) return;
    if (this.#seats.size > 0) {
      if (!this.#over) seat.orphaned?.();
      this.moved();
      return;
    }
    if (this.#over) return;
    this.#over = true;
    this.#closed();
    this.#scope.end(why);
    void this.#source.return?.();
  }

  /** Only what is kept can be far behind. */
  #mustWait(place: number): boolean {
    if (!this.#large || (this.#items.length < most.events && this.#bytes < most.bytes)) return false;
    for (const seat of this.#seats) if (seat.place < place) return true;
    return false;
  }

  #take(r: Result): void {
    if (this.#over) return;
    if (r.done) {
      this.#over = true;
      this.#closed();
      this.#scope.end(answered);
      return;
    }
    const event = r.value;
    this.#items.push(event);
    this.#bytes += sizeOf(event);
    if (!this.#large && (this.#items.length > most.events || this.#bytes > most.bytes)) {
      this.#large = true;
      this.#closed();
    }
    if (event.type === "done" && !this.#large) this.#whole(this.#items, this.#bytes);
    if (event.type === "done" || event.type === "error") this.#closed();
  }
}

function sizeOf(event: Event): number {
  const own = 100; // an object and its place
  switch (event.type) {
    case "bytes":
      return own + event.data.length;
    case "text":
    case "reasoning":
      return own + 2 * event.text.length;
    case "tool-call":
      return own + 2 * event.args.length;
    case "vectors":
      return event.vectors.reduce((n, vector) => n + vector.byteLength, own);
    case "decision":
    case "start":
    case "waiting":
    case "first":
    case "usage":
    case "done":
    case "error":
      return own;
  }
}

/** One who reads. */
class Seat implements Reader<Event> {
  readonly #joint: Joint;
  readonly #scope: Scope;
  readonly orphaned: (() => void) | null;
  place = 0;
  #wake: (() => void) | null = null;
  #end: Event | null = null;
  #left = false;

  constructor(joint: Joint, scope: Scope, orphaned: (() => void) | null) {
    this.#joint = joint;
    this.#scope = scope;
    this.orphaned = orphaned;
    scope.onEnd(this.#ended);
  }

  readonly #ended = (why: string): void => {
    if (this.#left) return;
    this.#end = { type: "error", fault: endedFault(why) };
    this.#leave(why);
    this.ring();
  };

  #leave(why: string): void {
    this.#left = true;
    this.#scope.offEnd(this.#ended);
    this.#joint.leave(this, why);
  }

  ring(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  ready(): Result | null {
    if (this.#left) {
      const value = this.#end;
      this.#end = null;
      return value ? { value, done: false } : { value: undefined, done: true };
    }
    const item = this.#joint.at(this.place);
    if (item === null) return null;
    if (item === "over") {
      this.#leave(answered);
      return { value: undefined, done: true };
    }
    this.place++;
    this.#joint.moved();
    return { value: item, done: false };
  }

  async next(): Promise<Result> {
    for (;;) {
      const r = this.ready();
      if (r) return r;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#joint.read(this.place);
      });
    }
  }

  return(): Promise<Result> {
    if (!this.#left) this.#leave("its reader left");
    this.#end = null;
    this.ring();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
