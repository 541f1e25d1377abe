import type { Event, Stream } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import { leaves, type Plan } from "../../domain/plan.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Role } from "../../protocol/trace.ts";
import type { Running } from "../running.ts";
import type { Run } from "./run.ts";

type Race = Extract<Plan, { do: "race" }>;

/**
 * The entrants in their order, each after the one before has failed; the first that has content to show is committed to.
 * A lone entrant is pulled directly: nothing is held but the few events before its first content.
 */
export async function* race(plan: Race, running: Running, scope: Scope, role: Role, run: Run): Stream {
  const failed: { readonly model: string; readonly fault: Fault }[] = [];
  for (const entrant of plan.of) {
    const own = scope.child();
    const model = leaves(entrant.plan)[0]!;
    const before: Event[] = [];
    let committed = false;
    for await (const event of run(entrant.plan, running, own, failed.length === 0 ? role : "fallback")) {
      if (committed || event.type === "waiting") yield event;
      else if (event.type === "error") failed.push({ model, fault: event.fault });
      else {
        before.push(event);
        if (event.type !== "first" && event.type !== "done") continue;
        committed = true;
        if (failed.length > 0) yield amended(running, model, failed);
        yield* before;
      }
    }
    if (committed) return;
    own.end("failed");
    if (scope.ended || failed.at(-1)?.fault.retry === "never") break;
  }
  yield { type: "error", fault: summary(failed) };
}

/** The decision as it stands after a fallback: it says who answers instead, and why. */
function amended(running: Running, model: string, failed: readonly { model: string; fault: Fault }[]): Event {
  const names = failed.map((f) => `${f.model} failed (${f.fault.code})`).join(", ");
  running.decision = { ...running.decision, model, reason: `${names}: ${model} answers instead` };
  return { type: "decision", decision: running.decision };
}

/** A fault that no other model can mend stands alone; otherwise the first, which is the chosen model's, with what else was tried. */
function summary(failed: readonly { model: string; fault: Fault }[]): Fault {
  const last = failed.at(-1)!.fault;
  const first = failed[0]!.fault;
  if (last.retry === "never" || failed.length === 1) return last;
  const others = failed.slice(1).map((f) => `${f.model}: ${f.fault.message}`);
  return { ...first, message: `${first.message} Tried instead: ${others.join(" ")}` };
}
