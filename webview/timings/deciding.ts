import type { Signal, Trace } from "../../server/protocol/trace.ts";
import { clock, count, percent } from "../kit/format.ts";

/** What a person did, in words. */
const words: Record<Signal, string> = {
  kept: "kept as it was",
  edited: "kept in part",
  diagnostics: "errors appeared in it",
  undone: "undone or deleted",
  retried: "asked again",
  escalated: "asked of a better model",
};

/** What was done with the answer, and what that makes of it. None: nobody did anything that says so. */
export function feedbackFacts({ feedback }: Trace): [string, string][] {
  if (!feedback) return [];
  return [
    ...feedback.signals.map(({ signal, at }): [string, string] => [clock(at), words[signal]]),
    ["Reward", `${count(Math.round(feedback.reward * 100))} of 100`],
  ];
}

/** What the decision was made of, and the arm of an experiment that made it. None: an older trace, or one without. */
export function deciding({ features, arm }: Trace): [string, string][] {
  const facts: [string, string][] = [];
  if (features) {
    facts.push(
      ["Expected to answer well", `weak model ${percent(features.weak)}, strong model ${percent(features.strong)}`],
      ["New words", `${percent(features.novelty)} of the prompt's words are unknown to the classifier`],
    );
    if (features.last !== null) facts.push(["Answered before", features.last]);
  }
  if (arm) facts.push(["Experiment", `${arm.experiment}, arm ${arm.arm}`]);
  return facts;
}
