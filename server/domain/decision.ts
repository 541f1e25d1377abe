import type { Arm, TraceDecision } from "../protocol/trace.ts";
import type { Plan } from "./plan.ts";

/** What routing answered: the part that is shown, and what shall be run for it. */
export interface Decision extends TraceDecision {
  readonly plan: Plan;
  /** The experiment's arm that chose, where one runs. */
  readonly arm: Arm | null;
}
