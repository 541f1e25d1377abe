import type { Model } from "../../domain/model.ts";
import type { GatePlan, Judgement } from "../../domain/plan.ts";
import type { Features } from "./features.ts";
import { type Manner, planFor } from "./plans.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a request waits for its judge at most, in milliseconds, where nothing else is said. */
const mostHoldMs = 1_500;
/** What is added to the primary's own median: a hold shorter than that would hold nothing. */
const holdMarginMs = 150;
/** Attempts in the plan of one verdict: with the judge's no more than a plan may have. */
const mostEach = 3;

/**
 * What is run when the score is doubtful and there is somebody to ask: the judge, both ways planned, and the guess begun at
 * once where that may be. Null: there is no judge for this request.
 */
export function doubtful(f: Features, s: Snapshot, strong: boolean, qualified: readonly Model[]): GatePlan | null {
  const { judge, primary, escalation } = s;
  if (judge === null || s.broken.has(judge.id) || !primary || !escalation) return null;
  const home = f.verdict === "local-only" || f.named === "switchyard/local";
  if (!judge.abilities.has("chat") || (home && judge.locality === "cloud")) return null;
  const manner = mannerOf(f, s);
  const simple = planFor(primary, qualified, manner, mostEach);
  const complex = planFor(escalation, qualified, manner, mostEach);
  return {
    do: "gate",
    judge: { do: "call", model: judge.id },
    guess: strong ? "complex" : "simple",
    speculate: speculated(f, s, strong),
    holdMs: s.ahead.speculation?.maxHoldMs ?? holdMsOf(primary, s),
    on: { simple, complex, "needs-context": complex },
  };
}

export function mannerOf(f: Features, s: Snapshot): Manner {
  const again = f.stream && !hasSideEffects(f);
  return {
    hedge: again ? s.ahead.hedge : undefined,
    latency: s.latency,
    continuing: again && s.routing.continueBroken,
    broken: s.broken,
  };
}

/** Tools may do things in the world, some at the provider itself: such a request is begun when it is wanted, and no second beside it. */
export const hasSideEffects = (f: Features): boolean => f.needs.includes("tools");

/** The guess; where that would be paid for and mayn't be, the user's own model, which costs nothing. Limits may still refuse it. */
function speculated(f: Features, s: Snapshot, strong: boolean): Judgement | null {
  const { speculation } = s.ahead;
  if (!speculation?.enabled || hasSideEffects(f)) return null;
  const guess = strong ? s.escalation! : s.primary!;
  if (guess.locality === "local" || speculation.cloudUsdPerDay > 0) return strong ? "complex" : "simple";
  return s.primary!.locality === "local" ? "simple" : null;
}

function holdMsOf(primary: Model, s: Snapshot): number {
  const median = s.latency.get(primary.id)?.p50;
  return median === undefined ? mostHoldMs : Math.min(mostHoldMs, Math.ceil(median) + holdMarginMs);
}
