import type { Fact, Started } from "../../domain/fact.ts";
import { foldFact, startTrace } from "../../domain/trace.ts";
import type { Trace } from "../../protocol/trace.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { pack, unpack } from "./packed.ts";

/** A trace as it is stored. */
export interface Row {
  readonly figures: Figures;
  /** See packed.ts. */
  readonly rest: string;
}

/**
 * A request on its way to the disk. While it runs its trace is folded; once it has ended, only its row is kept: it is a
 * third as large, and what waits for a batch outlives V8's young generation.
 */
export class Entry {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Its row; 0 until it has one. */
  n: number;
  /** It has changed since it was last written. */
  queued = false;
  #trace: Trace | null;
  #row: Row | null = null;

  constructor(trace: Trace, at: number, n = 0) {
    this.id = trace.id;
    this.at = at;
    this.n = n;
    this.#trace = trace;
  }

  static of(fact: Started): Entry {
    return new Entry(startTrace(fact), Math.trunc(fact.atMs));
  }

  get status(): Trace["status"] {
    return this.#trace ? this.#trace.status : this.#row!.figures.status;
  }

  get running(): boolean {
    return this.status === "running";
  }

  /** The trace that is folded; once it has ended, a copy. */
  get trace(): Trace {
    return this.#trace ?? unpack(this.id, this.#row!.figures, this.#row!.rest);
  }

  get row(): Row {
    return this.#row ?? { figures: figuresOf(this.#trace!, this.at), rest: pack(this.#trace!) };
  }

  fold(fact: Exclude<Fact, Started>): Trace {
    this.#trace = this.trace;
    this.#row = null;
    foldFact(this.#trace, fact);
    return this.#trace;
  }

  /** Keeps the row alone. */
  shrink(): void {
    this.#row = this.row;
    this.#trace = null;
  }
}
