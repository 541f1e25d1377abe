import type { Trace, TraceAttempt } from "../protocol/trace.ts";
import type { Ended, Fact, Started } from "./fact.ts";
import { feedbackWith } from "./reward.ts";

export function startTrace(fact: Started): Trace {
  const { surface, wire, kind, stream, client, workspace, session, messages, chars, privacy } = fact.trace;
  // Spelled out: a spread costs more than all the rest, and every request comes through here.
  return {
    id: fact.id,
    startedAt: isoOf(fact.atMs),
    surface,
    wire,
    kind,
    stream,
    client,
    workspace,
    session,
    messages,
    chars,
    privacy,
    status: "running",
    error: null,
    finish: null,
    decision: null,
    spans: [],
    attempts: [],
    cache: "off",
    ttftMs: null,
    totalMs: null,
    usage: null,
    cost: { nanos: 0, wasteNanos: 0, baselineNanos: null, savedNanos: null, estimated: false },
    savedMs: null,
    recalled: null,
    features: null,
    feedback: null,
    arm: null,
  };
}

const lastIso = { ms: 0, text: "1970-01-01T00:00:00.000Z" };

/** Many requests begin in one millisecond, and printing a date takes as long as all the rest of a beginning. */
function isoOf(ms: number): string {
  if (ms !== lastIso.ms) {
    lastIso.text = new Date(ms).toISOString();
    lastIso.ms = ms;
  }
  return lastIso.text;
}

/** Folds one more fact into its trace, in place: a trace is alive only while its request is. */
export function foldFact(trace: Trace, fact: Exclude<Fact, Started>): void {
  switch (fact.type) {
    case "decided":
      trace.decision = fact.decision;
      trace.features = fact.features ?? trace.features;
      trace.arm = fact.arm ?? trace.arm;
      return;
    case "attempted":
      trace.attempts[fact.attempt] = {
        model: fact.model,
        provider: fact.provider,
        role: fact.role,
        startMs: fact.startMs,
        firstTokenMs: null,
        endMs: null,
        outcome: null,
        error: null,
        usage: fact.usage,
        costNanos: fact.costNanos,
      };
      sumCost(trace, null);
      return;
    case "first-token": {
      const attempt = trace.attempts[fact.attempt];
      if (attempt) attempt.firstTokenMs = fact.atMs;
      // What is begun early may be held back: when that is passed on is told at the end.
      if (attempt && answers(attempt) && attempt.role !== "speculative") trace.ttftMs = fact.atMs;
      return;
    }
    case "settled": {
      const attempt = trace.attempts[fact.attempt];
      if (!attempt) return;
      attempt.endMs = fact.endMs;
      // What is shown has settled before its request ends: what is answered later than that is seen by nobody.
      const over = trace.status !== "running";
      attempt.outcome =
        over && fact.outcome === "served" && !fact.shared && answers(attempt) ? "discarded" : fact.outcome;
      // Whole, but kept back: nobody has seen it yet, and perhaps nobody will.
      if (!over && attempt.role === "speculative" && fact.outcome === "served") {
        attempt.outcome = null;
        heldBaselines.set(attempt, fact.baselineNanos);
      }
      attempt.error = fact.error;
      attempt.usage = fact.usage;
      attempt.costNanos = fact.costNanos;
      // The baseline prices what was delivered: an answer that nobody saw would have cost the baseline nothing.
      const shown = delivered(attempt) && !(over && trace.ttftMs === null);
      if (shown) trace.usage = fact.usage;
      sumCost(trace, shown && trace.status !== "error" ? fact.baselineNanos : null);
      return;
    }
    case "ended":
      trace.status = fact.status;
      trace.error = fact.error;
      trace.finish = fact.finish;
      trace.totalMs = fact.totalMs;
      trace.ttftMs = fact.ttftMs;
      trace.savedMs = fact.savedMs;
      trace.spans = [...fact.spans];
      trace.cache = fact.cache;
      if (fact.text) trace.text = fact.text;
      if (fact.recalled) recall(trace, fact.recalled);
      else settleUp(trace, fact.delivered);
      return;
    case "feedback":
      trace.feedback = feedbackWith(trace.feedback, fact.signal, isoOf(fact.atMs));
      return;
  }
}

/** What an answer would have cost on the baseline model that is whole and still kept back. */
const heldBaselines = new WeakMap<TraceAttempt, number | null>();

/** What was answered whole and never passed on was for nothing; and only what was passed on has a usage and a baseline. */
function settleUp(trace: Trace, served: number | null): void {
  let baseline: number | null = null;
  trace.attempts.forEach((a, i) => {
    if (!a || !answers(a)) return;
    if (a.outcome === null && a.endMs !== null) {
      a.outcome = i === served ? "served" : "discarded";
      if (i === served) baseline = heldBaselines.get(a) ?? null;
    } else if (a.outcome === "served" && i !== served) a.outcome = "discarded";
  });
  const shown = served === null ? undefined : trace.attempts[served];
  trace.usage = shown?.outcome ? shown.usage : null; // else it settles in a moment
  sumCost(trace, baseline);
  // Nobody saves by failing.
  if (trace.status === "error" || served === null)
    trace.cost = { ...trace.cost, baselineNanos: null, savedNanos: null };
}

/** From memory: what was spent was spent on finding it, and what else the baseline model would have cost is saved. */
function recall(trace: Trace, { from, baselineNanos, estimated }: NonNullable<Ended["recalled"]>): void {
  trace.recalled = from;
  const baseline = trace.status === "error" ? null : baselineNanos;
  trace.cost = { ...trace.cost, baselineNanos: null };
  sumCost(trace, baseline);
  if (estimated) trace.cost = { ...trace.cost, estimated };
}

/** Judges and searches are asked for us, not for the client. */
const answers = (a: TraceAttempt): boolean => a.role !== "judge" && a.role !== "enrich";

/** Its content reached the client, wholly or until the client or the upstream broke off. */
const delivered = (a: TraceAttempt): boolean =>
  answers(a) &&
  (a.outcome === "served" || ((a.outcome === "cancelled" || a.outcome === "failed") && a.firstTokenMs !== null));

/** The attempt that the trace is told by: the one that reached the client, else the last one made for it. */
export const mainAttempt = (trace: Trace): TraceAttempt | null =>
  trace.attempts.findLast(delivered) ??
  trace.attempts.findLast(answers) ??
  (trace.recalled ? null : (trace.attempts.at(-1) ?? null));

function sumCost(trace: Trace, baselineNanos: number | null): void {
  let nanos: number | null = 0;
  let waste: number | null = 0;
  let estimated = false;
  for (const a of trace.attempts) {
    if (!a) continue;
    nanos = nanos === null || a.costNanos === null ? null : nanos + a.costNanos;
    if (a.outcome === "discarded") waste = waste === null || a.costNanos === null ? null : waste + a.costNanos;
    // Guessed tokens that cost nothing and that nobody saw make no figure a guess.
    if (a.usage?.source === "estimate" && (a.costNanos !== 0 || delivered(a))) estimated = true;
  }
  const baseline = baselineNanos ?? trace.cost.baselineNanos;
  trace.cost = {
    nanos,
    wasteNanos: waste,
    baselineNanos: baseline,
    savedNanos: baseline === null || nanos === null ? null : baseline - nanos,
    estimated,
  };
}
