import type { Fact, Feedback } from "../../server/domain/fact.ts";
import type { Signal, Task, TraceFeatures } from "../../server/protocol/trace.ts";
import { factsOf } from "./facts.ts";

export const features: TraceFeatures = {
  named: "switchyard/auto",
  quality: null,
  route: null,
  needs: [],
  tokens: 33,
  maxTokens: null,
  history: 0,
  last: null,
  weak: 0.6,
  strong: 0.8,
  score: 0.2,
  novelty: 0,
};

/** What a person did with the answer of a request. */
export const fed = (id: string, signal: Signal, atMs: number): Feedback => ({ type: "feedback", id, signal, atMs });

/** A request that a model answered well, and what was known of it when it was decided. */
export function answered(id: string, atMs: number, more: { task?: Task; model?: string } = {}): Fact[] {
  const { task = "fix", model = "small" } = more;
  const r = factsOf(id, atMs);
  return [
    r.started(),
    { ...r.decided({ task, model }), features },
    r.attempted({ model }),
    r.firstToken(),
    r.settled(),
    r.ended(),
  ];
}
