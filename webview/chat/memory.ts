import type { Receipt } from "../../server/protocol/editor.ts";
import { about, ago, alike, money } from "../kit/format.ts";

/** That an answer was there already, in plain words; null: a model was asked for it. */
export function fromMemory({ cache, recalled }: Receipt): string | null {
  if (cache === "joined") return "shared with a request that ran";
  if (cache !== "exact" && cache !== "semantic") return null;
  if (!recalled) return "from memory";
  const asked = `asked ${ago(recalled.ageMs)}`;
  return recalled.similarity === null
    ? `from memory, ${asked}`
    : `from memory: a question ${alike(recalled.similarity)}, ${asked}`;
}

/** What asking the model again would have taken and cost, in one phrase; null: nothing worth a word. */
export function savedByMemory({ recalled }: Receipt): string | null {
  if (!recalled) return null;
  const parts = [
    recalled.savedMs >= 1 && about(recalled.savedMs),
    recalled.savedNanos !== null && recalled.savedNanos > 0 && money(recalled.savedNanos, true),
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(" and ") : null;
}

/** Whether the answer was made for a question in other words: then it may be the answer to another question. */
export const mayBeAnother = ({ cache, recalled }: Receipt): boolean => cache === "semantic" && Boolean(recalled);
