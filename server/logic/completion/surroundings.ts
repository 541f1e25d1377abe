/** What stands around the cursor, bounded. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
  readonly language: string;
  /** The cursor's line, on both sides of the cursor. */
  readonly lineBefore: string;
  readonly lineAfter: string;
}

/** Characters sent from each side of the cursor at most; both cuts fall on the start of a line where there is one. */
export const maxBefore = 6_000;
export const maxAfter = 1_500;

export function surroundings(text: string, offset: number, language: string): Surroundings {
  const normal = (s: string): string => s.replaceAll("\r\n", "\n");
  const before = normal(tail(text.slice(0, offset)));
  const after = normal(head(text.slice(offset)));
  return {
    before,
    after,
    language,
    lineBefore: before.slice(before.lastIndexOf("\n") + 1),
    lineAfter: after.slice(0, endOfLine(after)),
  };
}

function tail(text: string): string {
  if (text.length <= maxBefore) return text;
  const cut = text.slice(-maxBefore);
  return cut.slice(cut.indexOf("\n") + 1);
}

function head(text: string): string {
  if (text.length <= maxAfter) return text;
  const cut = text.slice(0, maxAfter);
  const end = cut.lastIndexOf("\n");
  return end > 0 ? cut.slice(0, end + 1) : cut;
}

const endOfLine = (text: string): number => {
  const at = text.indexOf("\n");
  return at < 0 ? text.length : at;
};

export const indentOf = (line: string): string => /^[ \t]*/.exec(line)![0];
