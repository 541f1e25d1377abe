import type { Decision } from "../domain/decision.ts";
import type { Embedding, Question } from "../domain/memory.ts";
import type { Request } from "../domain/request.ts";
import type { Trace, WireName } from "../protocol/trace.ts";

/** What has come of a request so far; its judge shares it. */
export interface Progress {
  /** What is in force: a verdict or a fallback amends it. */
  decision: Decision;
  /** How many attempts have begun. */
  attempts: number;
  savedMs: Trace["savedMs"];
  /** The remembered answer that is given. */
  recalled: {
    readonly trace: string;
    readonly ageMs: number;
    readonly tookMs: number;
    readonly similarity: number;
  } | null;
  /** Another model than the chosen one answers, since that failed. */
  fellBack: boolean;
  /** Who began it has left, and others who asked the same read on. */
  orphaned: boolean;
}

/** A request while its plan runs. */
export interface Running {
  readonly request: Request;
  /** What it asks, where that may have been asked before in other words. */
  readonly question: Question | null;
  /** The question's vector, where a model of the user's own gives it. */
  readonly embedding: Embedding | null;
  /** The wire whose bytes the client takes as they are, or null. */
  readonly accept: WireName | null;
  /** The deadline of all of it, in milliseconds from its arrival. */
  readonly deadlineMs: number;
  /** Milliseconds that one attempt of it may take, where that is less than its provider may. */
  readonly withinMs?: number;
  readonly progress: Progress;
  /** Told when an attempt has its leases and begins. */
  readonly onBegun?: () => void;
}
