import type { ModelId } from "./model.ts";

/**
 * What shall be run for a decision, as data: it can be printed, priced, replayed and tested without I/O.
 * `afterMs` null: the entrant starts when those before it have failed.
 */
export type Plan =
  | { readonly do: "call"; readonly model: ModelId }
  | { readonly do: "race"; readonly of: readonly { readonly plan: Plan; readonly afterMs: null }[] };

/** A plan may have at most this many calls. */
export const maxLeaves = 8;

/** The calls of a plan, in the order in which they would be made. */
export function leaves(plan: Plan): readonly ModelId[] {
  switch (plan.do) {
    case "call":
      return [plan.model];
    case "race":
      return plan.of.flatMap((entrant) => leaves(entrant.plan));
  }
}
