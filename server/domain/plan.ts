import type { ModelId } from "./model.ts";

/** What a judge says of a question. */
export const judgements = ["simple", "complex", "needs-context"] as const;
export type Judgement = (typeof judgements)[number];

/** One of a race. */
export interface Entrant {
  readonly plan: Plan;
  /** Null: it starts when those before it have failed. Else a hedge: after so many milliseconds without a first token. */
  readonly afterMs: number | null;
  /** Of a hedge: the milliseconds to the first token that those as late as the first have taken on average; null: not known. */
  readonly lateMs?: number | null;
}

/** What shall be run for a decision, as data: it can be printed, priced, replayed and tested without I/O. */
export type Plan =
  | { readonly do: "call"; readonly model: ModelId }
  | {
      readonly do: "race";
      readonly of: readonly Entrant[];
      /** How often those that failed and may do better soon are tried again when all have failed. */
      readonly retries: number;
      /** Who may go on, in this order, with an answer that breaks off. */
      readonly continuing?: readonly ModelId[];
    }
  | {
      readonly do: "gate";
      readonly judge: Plan;
      /** What stands when the judge says nothing in time. */
      readonly guess: Judgement;
      /** Whose plan begins at once, its answer held back; null: none. */
      readonly speculate: Judgement | null;
      /** Milliseconds from the request's arrival to when the guess stands. */
      readonly holdMs: number;
      readonly on: Readonly<Record<Judgement, Plan>>;
    }
  /** What was answered before to the same question in other words, else the next. */
  | { readonly do: "recall"; readonly next: Plan };
export type RacePlan = Extract<Plan, { do: "race" }>;
export type RecallPlan = Extract<Plan, { do: "recall" }>;
export type GatePlan = Extract<Plan, { do: "gate" }>;

/** A plan may have at most this many calls. */
export const maxLeaves = 8;

/** The calls of a plan, in the order in which they would be made. */
export function leaves(plan: Plan): readonly ModelId[] {
  switch (plan.do) {
    case "call":
      return [plan.model];
    case "race":
      return plan.of.flatMap((entrant) => leaves(entrant.plan));
    case "gate":
      // Verdicts may share a plan.
      return [plan.judge, ...new Set([plan.on[plan.guess], ...Object.values(plan.on)])].flatMap(leaves);
    case "recall":
      return leaves(plan.next);
  }
}

/** The model that a plan asks first for an answer. */
export function firstModel(plan: Plan): ModelId {
  switch (plan.do) {
    case "call":
      return plan.model;
    case "race":
      return firstModel(plan.of[0]!.plan);
    case "gate":
      return firstModel(plan.on[plan.guess]);
    case "recall":
      return firstModel(plan.next);
  }
}
