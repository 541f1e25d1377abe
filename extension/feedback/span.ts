/** A stretch of a document. Offsets in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One change of a document, as VS Code tells it: offsets are those before it. */
export interface Change {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/**
 * Where a stretch stands after a change. What is written at its borders isn't part of it; a change that reaches over a border
 * is, as a whole: better too much than to lose sight of it.
 */
export function moved(span: Span, { rangeOffset: from, rangeLength, text }: Change): Span {
  const to = from + rangeLength;
  const by = text.length - rangeLength;
  if (to <= span.start) return { start: span.start + by, end: span.end + by };
  if (from >= span.end) return span;
  return { start: Math.min(span.start, from), end: Math.max(span.end, to) + by };
}

/** The changes of one event, so that each leaves the offsets of those after it as they were. */
export const lastFirst = (changes: readonly Change[]): Change[] =>
  [...changes].sort((a, b) => b.rangeOffset - a.rangeOffset);

/** Whether a change takes the whole stretch away, or puts something else in its place. */
export const covers = ({ rangeOffset, rangeLength }: Change, span: Span): boolean =>
  rangeLength > 0 && rangeOffset <= span.start && rangeOffset + rangeLength >= span.end;
