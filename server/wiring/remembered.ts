import type { Forget } from "../domain/memory.ts";
import type { Trace } from "../protocol/trace.ts";

/** What forgets. */
interface Forgetful {
  forget(which: Forget): number;
}

/** All that is remembered, as people and programs have it forgotten. */
export class Remembered implements Forgetful {
  readonly #memories: readonly Forgetful[];
  readonly #trace: (id: string) => Trace | null;

  constructor(memories: readonly Forgetful[], trace: (id: string) => Trace | null) {
    this.#memories = memories;
    this.#trace = trace;
  }

  /** How many answers went. A trace stands for the answer that was made for it, and for the one that it was given. */
  forget(which: Forget): number {
    const given = which.trace === undefined ? null : this.#trace(which.trace)?.recalled?.trace;
    let n = 0;
    for (const memory of this.#memories) {
      n += memory.forget(which);
      if (given) n += memory.forget({ ...which, trace: given });
    }
    return n;
  }

  notAsked(trace: string): boolean {
    return this.forget({ trace }) > 0;
  }
}
