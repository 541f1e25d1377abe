/** Longest group of words and signs that is looked for. */
const longest = 48;
/** One letter or digit more often than this in a row is no code, unless it is a number in another base. */
const longestRun = 24;

/**
 * A small model falls into a loop within a line: "1000 / 1000 + 1000 / 1000 + …". The line in which it begins goes, with
 * all that follows. Only what runs to the very end is a loop, and what programs repeat (lists, calls, markup) must come
 * more often.
 */
export function cutLoop(text: string): string {
  const start = runStart(text) ?? groupStart(text);
  return start === null ? text : text.slice(0, Math.max(0, text.lastIndexOf("\n", start)));
}

/** Where one letter or digit that goes on to the end begins. */
function runStart(text: string): number | null {
  const end = text.trimEnd();
  const run = /([\p{L}\p{N}])\1*$/u.exec(end);
  if (!run || run[0].length <= longestRun) return null;
  return /\b0[xob]$/i.test(end.slice(0, run.index)) ? null : run.index;
}

/** Where a group of words and signs begins that is said again and again to the end, the last time perhaps in part. */
function groupStart(text: string): number | null {
  const found = [...text.matchAll(/[\p{L}\p{N}_$]+|[^\s]/gu)];
  const tokens = found.map((m) => m[0]);
  const last = tokens.length - 1;
  for (let size = 1; size <= Math.min(longest, tokens.length >> 1); size++) {
    // The last word may have been cut off in its middle.
    const comesAgain = (i: number): boolean =>
      tokens[i] === tokens[i + size] || (i + size === last && tokens[i]!.startsWith(tokens[last]!));
    let from = tokens.length - size;
    while (from > 0 && comesAgain(from - 1)) from--;
    const times = Math.floor((tokens.length - from) / size);
    if (times >= enough(tokens.slice(from, from + size))) return found[from]!.index;
  }
  return null;
}

/** How often a group must come to be a loop. */
function enough(group: readonly string[]): number {
  const said = group.join("");
  if (!/[\p{L}\p{N}]/u.test(said)) return Number.POSITIVE_INFINITY; // rulers and closing brackets
  const usual = /[^\p{L}\p{N}_$+\-*/%&|=!?]/u.test(said);
  if (group.length <= 2) return usual ? 17 : 6;
  return usual ? 8 : 3;
}
