/** A suggestion as it was shown. Offsets are in the document, in UTF-16 units. */
export interface Shown {
  readonly uri: string;
  readonly offset: number;
  readonly text: string;
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
