import type { Ability } from "../domain/model.ts";
import type { Features } from "../logic/routing/features.ts";
import type { Trace } from "../protocol/trace.ts";

/** What was decided by, as the trace holds it; probabilities to four places. Null: it was stored by a version that didn't. */
export function restored(trace: Trace): Features | null {
  const { features: f, decision } = trace;
  if (f === null || decision === null) return null;
  const { id, kind, stream, client, workspace, session, privacy, messages, chars } = trace;
  const { verdict, rule } = privacy;
  // SAFETY: an ability that this version doesn't know is one that no model has.
  const needs = f.needs as readonly Ability[];
  // Spelled out: a spread costs more than a decision.
  return {
    id,
    kind,
    stream,
    client,
    workspace,
    session,
    verdict,
    rule,
    messages,
    chars,
    needs,
    task: decision.task,
    named: f.named,
    quality: f.quality,
    route: f.route,
    tokens: f.tokens,
    maxTokens: f.maxTokens,
    history: f.history,
    last: f.last,
    weak: f.weak,
    strong: f.strong,
    score: f.score,
    novelty: f.novelty,
  };
}
