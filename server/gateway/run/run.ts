import type { Stream } from "../../domain/event.ts";
import type { Alike } from "../../domain/memory.ts";
import type { ModelId } from "../../domain/model.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Role } from "../../protocol/trace.ts";
import type { Running } from "../running.ts";
import { gate, type Judge } from "./gate.ts";
import { race } from "./race.ts";
import { recall } from "./recall.ts";

/** Begins a call to a model. Only `run` does. */
export type Attempt = (running: Running, model: ModelId, role: Role, scope: Scope) => Stream;
export type Run = (plan: Plan, running: Running, scope: Scope, role: Role) => Stream;

export interface ExecutorDeps {
  readonly attempt: Attempt;
  readonly judge: Judge;
  /** Answers to questions in other words. */
  readonly alike: Alike;
  /** Opens a connection to a model that may be asked soon. */
  readonly warm: (model: ModelId) => void;
  /** Whether no place is free at a model's provider. */
  readonly crowded: (model: ModelId) => boolean;
}

/** The executor of plans: one exhaustive switch, a file a node. */
export function executor(deps: ExecutorDeps): Run {
  const run: Run = (plan, running, scope, role) => {
    switch (plan.do) {
      case "call":
        return deps.attempt(running, plan.model, role, scope);
      case "race":
        return race(plan, running, scope, role, run);
      case "recall":
        return recall(plan, running, scope, role, deps.alike, run);
      case "gate":
        return gate(plan, running, scope, role, { run, judge: deps.judge, warm: deps.warm, crowded: deps.crowded });
    }
  };
  return run;
}
