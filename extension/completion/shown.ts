/** A suggestion as it was shown. Offsets are in the document, in UTF-16 units. */
export interface Shown {
  readonly uri: string;
  readonly offset: number;
  readonly text: string;
  /** The request that made it. */
  readonly trace: string | null;
}

/**
 * What is left of a shown suggestion after more was typed, or null when the typed text departs from it. `typed` is what
 * now stands between the suggestion's start and the cursor.
 */
export function remainder(
  shown: Shown | null,
  uri: string,
  offset: number,
  typed: (from: number) => string,
): string | null {
  if (!shown || shown.uri !== uri || offset < shown.offset || offset >= shown.offset + shown.text.length) return null;
  const so = typed(shown.offset);
  return shown.text.startsWith(so) ? shown.text.slice(so.length) : null;
}

const pairs: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/**
 * How many characters after the cursor a suggestion says itself: brackets that the editor closed while the person typed
 * into the suggestion. They are replaced, not doubled.
 */
export function closedAlready(text: string, lineAfter: string): number {
  if (!/^[)\]}]+$/.test(lineAfter)) return 0;
  const open: string[] = [];
  let unmatched = "";
  for (const c of text) {
    if ("([{".includes(c)) open.push(c);
    else if (pairs[c] !== undefined && open.at(-1) === pairs[c]) open.pop();
    else if (pairs[c] !== undefined) unmatched += c;
  }
  return unmatched.startsWith(lineAfter) ? lineAfter.length : 0;
}
