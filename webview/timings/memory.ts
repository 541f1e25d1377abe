import type { Trace } from "../../server/protocol/trace.ts";
import { about, ago, alike, duration, money } from "../kit/format.ts";

/** Where an answer was there already, in a word or two; null: a model was asked. */
export const whence = ({ recalled, cache }: Trace): string | null =>
  recalled ? (cache === "joined" ? "shared" : "from memory") : null;

/** The time that an answer from memory saved; null: a model was asked, or it saved none. */
export const timeSaved = ({ recalled }: Trace): string | null =>
  recalled && recalled.savedMs > 0 ? about(recalled.savedMs) : null;

/** Whose answer a request was given, and what asking again would have taken and cost. None: a model was asked. */
export function memoryFacts(trace: Trace): [string, string][] {
  const { recalled, cache } = trace;
  if (!recalled) return [];
  const joined = cache === "joined";
  return [
    joined
      ? ["Asked", `while that request ran, ${duration(recalled.ageMs)} after it began`]
      : ["Asked", recalled.ageMs < 500 ? "just before" : ago(recalled.ageMs).replace("ago", "before")],
    ["Question", recalled.similarity === null ? "the same" : alike(recalled.similarity)],
    ["Time saved", timeSaved(trace) ?? "none"],
    ["Money saved", recalled.savedNanos === null ? "unknown" : money(recalled.savedNanos, true)],
  ];
}
