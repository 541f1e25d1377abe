import type { Typing } from "../../domain/memory.ts";
import type { Request } from "../../domain/request.ts";
import { keyOf } from "./key.ts";

/** Null where text before the cursor isn't all that was typed: only a window's completions are asked key by key. */
export function typingOf(request: Request, policy: string): Typing | null {
  const { prompt, origin, wishes } = request;
  if (origin.surface !== "editor" || prompt.kind !== "fill") return null;
  const { stop, maxTokens: _, ...sampling } = wishes.sampling;
  const rest: Request = { ...request, prompt: { ...prompt, prefix: "" }, wishes: { ...wishes, sampling } };
  return { scope: keyOf(rest, policy), before: prompt.prefix, stops: stop ?? [] };
}

/**
 * What remains of a suggestion after more was typed: null where something else was typed, nothing is left, or it may have
 * been cut where this one wouldn't be. `suggested` was written after `earlier.before`.
 */
export function restOf(suggested: string, earlier: Typing, now: Typing): string | null {
  const typed = now.before.slice(earlier.before.length);
  if (!now.before.startsWith(earlier.before) || !suggested.startsWith(typed)) return null;
  // It ended at its stops: those of now must end it there or sooner.
  if (!earlier.stops.every((old) => now.stops.some((stop) => old.includes(stop)))) return null;
  let rest = suggested.slice(typed.length);
  for (const stop of now.stops) {
    const at = rest.indexOf(stop);
    if (at >= 0) rest = rest.slice(0, at);
  }
  return rest.trim() === "" ? null : rest;
}
