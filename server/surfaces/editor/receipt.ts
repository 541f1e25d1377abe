import type { Receipt } from "../../protocol/editor.ts";
import type { Trace, TraceError } from "../../protocol/trace.ts";

/** The line under an answer, from the request's trace: no figure here is made anew. */
export function receiptOf(trace: Trace): Receipt {
  const served = trace.attempts.findLast((a) => a.outcome === "served") ?? trace.attempts.at(-1);
  return {
    trace: trace.id,
    status: trace.status === "ok" || trace.status === "cancelled" ? trace.status : "error",
    model: served?.model ?? trace.decision?.model ?? null,
    instead: served?.role === "fallback" ? chosenOf(trace) : null,
    route: trace.decision?.route ?? null,
    reason: trace.decision?.reason ?? null,
    cache: trace.cache,
    recalled: trace.recalled,
    ttftMs: trace.ttftMs,
    totalMs: trace.totalMs ?? 0,
    inputTokens: trace.usage?.input ?? null,
    outputTokens: trace.usage?.output ?? null,
    costNanos: trace.cost.nanos,
    savedNanos: trace.cost.savedNanos,
    estimated: trace.cost.estimated,
    error: trace.error,
  };
}

function chosenOf({ attempts: [chosen] }: Trace): Receipt["instead"] {
  return chosen ? { model: chosen.model, message: chosen.error?.message ?? "It did not answer." } : null;
}

/** When the ledger has no trace: what is known without it, and null for what isn't. */
export function bareReceipt(id: string, status: Receipt["status"], totalMs: number, error: TraceError | null): Receipt {
  return {
    trace: id,
    status,
    model: null,
    instead: null,
    route: null,
    reason: null,
    cache: "off",
    recalled: null,
    ttftMs: null,
    totalMs,
    inputTokens: null,
    outputTokens: null,
    costNanos: null,
    savedNanos: null,
    estimated: false,
    error,
  };
}
