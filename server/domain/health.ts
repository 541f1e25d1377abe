import type { Outcome } from "../protocol/trace.ts";
import type { Fault } from "./fault.ts";
import type { Model } from "./model.ts";

/** Who learns from every attempt how a model fares. */
export interface Health {
  /** An attempt starts. */
  began(model: Model): Watch;
}

/** One attempt, watched. It must settle: a trial that doesn't would keep its model out of use. */
export interface Watch {
  /** Its first content has come: should it be a trial, others needn't wait for its end. */
  first(): void;
  /** It is over. Counts once. */
  settled(end: AttemptEnd): void;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly fault: Fault | null;
  /** Milliseconds from its start. */
  readonly tookMs: number;
}
