import type { Forget } from "../domain/memory.ts";
import type { Trace } from "../protocol/trace.ts";
import type { Lesson } from "./lesson.ts";

/** What forgets; it gives the keys of the answers that went. */
interface Forgetful {
  forget(which: Forget): readonly string[];
}

export interface RememberedDeps {
  readonly memories: readonly Forgetful[];
  readonly lesson: Lesson;
  readonly trace: (id: string) => Trace | null;
}

/** All that is remembered, as people and programs have it forgotten. */
export class Remembered {
  readonly #deps: RememberedDeps;

  constructor(deps: RememberedDeps) {
    this.#deps = deps;
  }

  /** How many answers went. A trace stands for the answer that was made for it, and for the one that it was given. */
  forget(which: Forget): number {
    const { memories, lesson, trace } = this.#deps;
    if (Object.keys(which).length === 0) lesson.forget();
    const given = which.trace === undefined ? null : (trace(which.trace)?.recalled?.trace ?? null);
    const all = given === null ? [which] : [which, { ...which, trace: given }];
    // The memories share their answers: what several forget is one.
    return new Set(all.flatMap((w) => memories.flatMap((memory) => memory.forget(w)))).size;
  }

  /** It was given for another question than its own; false: it wasn't there any more. */
  notAsked(trace: string): boolean {
    const similarity = this.#deps.trace(trace)?.recalled?.similarity ?? null;
    if (similarity !== null && similarity < 1) this.#deps.lesson.wrong(similarity);
    return this.forget({ trace }) > 0;
  }
}
