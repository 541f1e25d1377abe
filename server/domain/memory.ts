import type { TraceDecision, Usage } from "../protocol/trace.ts";
import type { Event } from "./event.ts";
import type { ModelId } from "./model.ts";

/** Whose answers a request may be given: nothing crosses from one client or workspace to another. */
export interface Owner {
  readonly client: string;
  readonly workspace: string | null;
}

/** A whole answer that succeeded, as it was streamed. */
export interface Answer {
  /** The same for every request that this answers (see logic/memory/key.ts). */
  readonly key: string;
  readonly owner: Owner;
  /** The request that it was made for. */
  readonly trace: string;
  /** When it ended, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly decision: TraceDecision;
  /** Who answered. */
  readonly model: ModelId;
  readonly usage: Usage | null;
  /** Milliseconds that it took from its arrival. */
  readonly tookMs: number;
  /** What came after the decision, its `done` included. */
  readonly events: readonly Event[];
  /** What it takes in memory, about. */
  readonly bytes: number;
}

/** Which answers shall be forgotten: those that meet all that is said. Nothing said: all. */
export interface Forget {
  /** Milliseconds since the epoch: answers from then on. */
  readonly since?: number;
  /** … and before then. */
  readonly before?: number;
  readonly workspace?: string;
  /** The request that an answer was made for, or that was answered with it. */
  readonly trace?: string;
}

/** Answers by their keys. */
export interface Memory {
  /** The answer to exactly this, if it is still good. */
  find(key: string): Answer | null;
  keep(answer: Answer): void;
}

/** A question that may have been asked before in other words. */
export interface Question {
  /**
   * Only questions of one scope can have the same answer: a hash of all else that can change it, the conversation before
   * it, what is attached, and the code that stands in it.
   */
  readonly scope: string;
  readonly text: string;
}

/** A remembered answer, and how alike its question is, 0…1. */
export interface Recollection {
  readonly answer: Answer;
  readonly similarity: number;
}

/** A question's vector, where a model of the user's own gives it: asked for once a request, whoever wants it. */
export interface Embedding {
  /** Only vectors of one space can be compared. */
  readonly space: string;
  /** Null: it can't be had, or not in time. Never rejects. */
  vector(withinMs: number): Promise<Float32Array | null>;
}

/** Answers to questions in other words. `embedding` is null where the packaged model gives the vectors. */
export interface Alike {
  /** Null, mostly at once: nothing that is remembered can be the same question. Never rejects. */
  search(question: Question, embedding: Embedding | null): Recollection | null | Promise<Recollection | null>;
  keep(question: Question, answer: Answer, embedding: Embedding | null): void;
}

/** A completion that may go on with what was suggested a few keys ago. */
export interface Typing {
  /** All but the text before the cursor, the stops and the length: a hash. What follows the cursor is in it, exactly. */
  readonly scope: string;
  /** The text before the cursor. */
  readonly before: string;
  readonly stops: readonly string[];
}

/** Suggestions that somebody types along. */
export interface Typed {
  /** What remains of the newest one that goes on after what was typed. */
  find(typing: Typing): { readonly answer: Answer; readonly rest: string } | null;
  keep(typing: Typing, answer: Answer): void;
}

/** What was said of what shall go, without what was left open. */
export const whichOf = (said: { readonly [K in keyof Forget]-?: Forget[K] | null }): Forget => ({
  ...(said.since === null || said.since === undefined ? {} : { since: said.since }),
  ...(said.before === null || said.before === undefined ? {} : { before: said.before }),
  ...(said.workspace === null || said.workspace === undefined ? {} : { workspace: said.workspace }),
  ...(said.trace === null || said.trace === undefined ? {} : { trace: said.trace }),
});

export function meets({ atMs, owner, trace }: Pick<Answer, "atMs" | "owner" | "trace">, which: Forget): boolean {
  return (
    (which.since === undefined || atMs >= which.since) &&
    (which.before === undefined || atMs < which.before) &&
    (which.workspace === undefined || owner.workspace === which.workspace) &&
    (which.trace === undefined || trace === which.trace)
  );
}
