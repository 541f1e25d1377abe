import type { ChatFromPage } from "../../server/protocol/webview.ts";
import type { Turn } from "./conversation.ts";

/** What asking again says of the answer before. */
export type Again = Extract<ChatFromPage, { type: "send" }>["again"];

/** Asks with `switchyard/best`. */
export const best = "switchyard/best";

/** Choices that are made for another reason than a better answer. */
const notStronger = new Set(["switchyard/auto", "switchyard/fast", "switchyard/local"]);

/** What asking a turn's question again, of `model`, says of the answer that it has. Null: there was no whole one. */
export function askingAgain(turn: Turn, model: string): Again {
  const { end, asked } = turn;
  if (end?.kind !== "receipt" || end.receipt.status !== "ok") return null;
  const escalated = model !== asked && !notStronger.has(model);
  return { trace: end.receipt.trace, signal: escalated ? "escalated" : "retried" };
}

/** Whether a question is the one before, but for capitals and white space. */
export const sameQuestion = (a: string, b: string): boolean => plain(a) === plain(b);

const plain = (text: string): string => text.trim().replace(/\s+/g, " ").toLowerCase();
