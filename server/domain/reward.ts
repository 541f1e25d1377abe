import type { Signal, TraceFeedback } from "../protocol/trace.ts";

/** What each thing that a person does with an answer makes of it: 0 (of no use) … 1 (as it should be). */
export const rewards: Readonly<Record<Signal, number>> = {
  kept: 1,
  edited: 0.7,
  diagnostics: 0.3,
  undone: 0,
  retried: 0,
  escalated: 0,
};

/** Signals that one answer keeps at most. */
const mostSignals = 16;

/** One signal more; the same one twice says nothing new. The worst counts, so that it doesn't matter which comes first. */
export function feedbackWith(before: TraceFeedback | null, signal: Signal, at: string): TraceFeedback {
  const signals = before?.signals ?? [];
  if (before && (signals.length >= mostSignals || signals.some((s) => s.signal === signal))) return before;
  return { reward: Math.min(before?.reward ?? 1, rewards[signal]), signals: [...signals, { signal, at }] };
}
