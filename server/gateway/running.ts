import type { Decision } from "../domain/decision.ts";
import type { Request } from "../domain/request.ts";
import type { WireName } from "../protocol/trace.ts";

/** A request while its plan runs. */
export interface Running {
  readonly request: Request;
  /** The wire whose bytes the client takes as they are, or null. */
  readonly accept: WireName | null;
  /** What is in force: a fallback amends it. */
  decision: Decision;
  /** How many attempts have begun. */
  attempts: number;
}
