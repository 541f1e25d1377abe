/** What became of an inserted text. */
export type Fate = "kept" | "edited" | "undone";

/** With less than this share of its words left, a text is gone. */
const leastLeft = 0.2;

/** Without any white space: who lets a formatter run over a text keeps it. */
export const bare = (text: string): string => text.replace(/\s+/g, "");

/** Whether `text` stands in `now`, but for white space. */
export const stands = (text: string, now: string): boolean => bare(now).includes(bare(text));

/** What became of `text`, of whose place `now` is left. */
export function fateOf(text: string, now: string): Fate {
  if (stands(text, now)) return "kept";
  return shareLeft(text, now) < leastLeft ? "undone" : "edited";
}

/** The share of a text's words and signs that are still there, 0…1, in whatever order. */
function shareLeft(text: string, now: string): number {
  const left = new Map<string, number>();
  for (const [word] of now.matchAll(words)) left.set(word, (left.get(word) ?? 0) + 1);
  let all = 0;
  let found = 0;
  for (const [word] of text.matchAll(words)) {
    all++;
    const n = left.get(word) ?? 0;
    if (n === 0) continue;
    left.set(word, n - 1);
    found++;
  }
  return all === 0 ? 0 : found / all;
}

const words = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
