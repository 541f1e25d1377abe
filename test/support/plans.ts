import type { Entrant, GatePlan, Judgement, Plan, RacePlan } from "../../server/domain/plan.ts";

/** Plans as routing would make them, and others. */
export const call = (model: string): Plan => ({ do: "call", model });

const planOf = (plan: Plan | string): Plan => (typeof plan === "string" ? call(plan) : plan);

export interface Race {
  readonly hedge?: { readonly plan: Plan | string; readonly afterMs: number; readonly lateMs?: number | null } | null;
  readonly others?: readonly (Plan | string)[];
  readonly retries?: number;
  readonly continuing?: readonly string[] | null;
}

export function race(first: Plan | string, { hedge, others = [], retries = 0, continuing }: Race = {}): RacePlan {
  const of: Entrant[] = [{ plan: planOf(first), afterMs: null }];
  if (hedge) of.push({ plan: planOf(hedge.plan), afterMs: hedge.afterMs, lateMs: hedge.lateMs ?? null });
  for (const plan of others) of.push({ plan: planOf(plan), afterMs: null });
  return { do: "race", of, retries, ...(continuing ? { continuing } : {}) };
}

export interface Gate {
  readonly guess?: Judgement;
  readonly speculate?: Judgement | null;
  readonly holdMs?: number;
  readonly simple?: Plan;
  readonly complex?: Plan;
}

/** Simple questions go to `small`, others to `large`; the guess is that it is simple, and is begun at once. */
export function gate({ guess = "simple", speculate = guess, holdMs = 500, simple, complex }: Gate = {}): GatePlan {
  const strong = complex ?? race("large");
  return {
    do: "gate",
    judge: call("judge"),
    guess,
    speculate,
    holdMs,
    on: { simple: simple ?? race("small"), complex: strong, "needs-context": strong },
  };
}
