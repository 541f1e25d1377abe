import type { Receipt } from "../../server/protocol/editor.ts";
import { count, duration, money } from "../kit/format.ts";
import { fromMemory, savedByMemory } from "./memory.ts";

/** The quiet line under an answer, in parts; what isn't known is left out, but for the cost, which says so. */
export function receiptLine(r: Receipt): string[] {
  const parts: string[] = [];
  if (r.status === "cancelled") parts.push("stopped");
  if (r.model !== null) parts.push(r.instead === null ? r.model : `${r.model} instead of ${r.instead.model}`);
  const memory = fromMemory(r);
  if (memory !== null) parts.push(memory);
  // What was there already comes as a whole.
  if (r.ttftMs !== null && (memory === null || r.cache === "joined")) parts.push(`first token ${duration(r.ttftMs)}`);
  parts.push(`total ${duration(r.totalMs)}`);
  if (r.inputTokens !== null && r.outputTokens !== null)
    parts.push(`${count(r.inputTokens)} → ${count(r.outputTokens)} tokens`);
  if (r.model !== null) parts.push(r.costNanos === 0 ? "free" : money(r.costNanos, r.estimated));
  // Of an answer from memory: against asking again, not against the baseline model; the facts below have both.
  const saved =
    memory !== null
      ? savedByMemory(r)
      : r.savedNanos !== null && r.savedNanos > 0
        ? money(r.savedNanos, r.estimated)
        : null;
  if (saved !== null) parts.push(`saved ${saved}`);
  return parts;
}

/** All of it, for who opens the line. */
export function receiptFacts(r: Receipt): [string, string][] {
  const facts: [string, string][] = [];
  if (r.reason) facts.push(["Why", r.reason]);
  if (r.instead) facts.push([r.instead.model, r.instead.message]);
  if (r.route) facts.push(["Route", r.route]);
  if (r.model) facts.push(["Model", r.model]);
  facts.push(["First token", duration(r.ttftMs)], ["Total", duration(r.totalMs)]);
  const about = r.estimated ? " (estimated)" : "";
  if (r.inputTokens !== null) facts.push(["Tokens in", count(r.inputTokens) + about]);
  if (r.outputTokens !== null) facts.push(["Tokens out", count(r.outputTokens) + about]);
  facts.push(["Cost", money(r.costNanos, r.estimated)]);
  if (r.savedNanos !== null)
    facts.push([r.savedNanos < 0 ? "Over baseline" : "Saved", money(Math.abs(r.savedNanos), r.estimated)]);
  facts.push(["Cache", r.cache]);
  const saved = savedByMemory(r);
  if (saved !== null) facts.push(["Saved by memory", saved]);
  if (r.recalled) facts.push(["Answer of trace", r.recalled.trace]);
  facts.push(["Trace", r.trace]);
  return facts;
}
