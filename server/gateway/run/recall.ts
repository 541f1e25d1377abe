import type { Event, Stream } from "../../domain/event.ts";
import type { Alike, Recollection } from "../../domain/memory.ts";
import type { RecallPlan } from "../../domain/plan.ts";
import type { Scope } from "../../kit/scope.ts";
import { Late, Prefixed } from "../../kit/stream.ts";
import type { Role } from "../../protocol/trace.ts";
import { ago } from "../recall.ts";
import type { Running } from "../running.ts";
import type { Run } from "./run.ts";

/**
 * What was answered to the same question in other words; where there is no such answer, the next plan runs, at once unless
 * some remembered question is near enough to be looked at closely.
 */
export function recall(plan: RecallPlan, running: Running, scope: Scope, role: Role, memory: Alike, run: Run): Stream {
  const { question, embedding } = running;
  const startMs = scope.elapsed();
  const next = (): Stream => run(plan.next, running, scope, role);
  const found = question ? memory.search(question, embedding) : null;
  if (found === null) return next();
  const heard = (known: Recollection | null): Stream => {
    scope.span("recall", startMs);
    return known ? again(known, running, scope) : next();
  };
  return found instanceof Promise ? new Late(found.then(heard)) : heard(found);
}

function again({ answer, similarity }: Recollection, running: Running, scope: Scope): Stream {
  const { progress } = running;
  const ageMs = Math.max(0, scope.clock.wall() - answer.atMs);
  const likeness = similarity === 1 ? "the same question" : `a question ${Math.floor(similarity * 100)} % alike`;
  const reason = `${likeness} was answered ${ago(ageMs)} (trace ${answer.trace})`;
  progress.recalled = { trace: answer.trace, ageMs, tookMs: answer.tookMs, similarity };
  progress.decision = { ...progress.decision, ...answer.decision, reason };
  return new Prefixed<Event>(
    [{ type: "decision", decision: progress.decision, cache: "semantic" }, ...answer.events],
    null,
  );
}
