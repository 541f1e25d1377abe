import { indentOf, type Surroundings } from "./surroundings.ts";

const closers: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** True when the line's end opens a block: a bracket, an arrow, or a colon after a word or a bracket (Python). */
export const opensBlock = (line: string): boolean => /([{([]|=>|[\w)\]]:|\bdo|\bthen)\s*$/.test(line);

/** Calls `f` for each bracket outside of strings and comments; stops when it returns true, and returns where. */
export function eachBracket(text: string, f: (bracket: string, at: number) => boolean): number | null {
  let quote: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote !== null) {
      if (c === "\\") i++;
      else if (c === quote || (c === "\n" && quote !== "`")) quote = null;
    } else if (c === '"' || c === "`") quote = c;
    else if (c === "'" && !/\w/.test(text[i - 1] ?? ""))
      quote = c; // not an apostrophe
    else if (c === "/" && text[i + 1] === "/" && text[i - 1] !== ":") i = endOf(text, "\n", i) - 1;
    else if (c === "/" && text[i + 1] === "*") i = endOf(text, "*/", i) + 1;
    else if (/[()[\]{}]/.test(c) && f(c, i)) return i;
  }
  return null;
}

const endOf = (text: string, mark: string, from: number): number => {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
};

/** The brackets that `text` leaves open, outermost first. */
export function openBrackets(text: string): string[] {
  const open: string[] = [];
  eachBracket(text, (c) => {
    const opener = closers[c];
    if (opener === undefined) open.push(c);
    else if (open.at(-1) === opener) open.pop();
    return false;
  });
  return open;
}

/**
 * Ends an answer where the block that the cursor is in ends. A bracket that the text after the cursor closes anyway is
 * left to it; one that nobody closes is taken, with the rest of its line's punctuation.
 */
export function cutAtBlockEnd(text: string, at: Surroundings): string {
  const onLine = openBrackets(at.lineBefore).length;
  let depth = onLine;
  const next = at.after.trimStart()[0];
  const end = eachBracket(text, (c, i) => {
    if (closers[c] === undefined) {
      depth++;
      return false;
    }
    depth--;
    const line = text.slice(0, i).includes("\n");
    if (depth < 0) return true; // closes what was open before the cursor's line
    return depth < onLine && (c === next || line);
  });
  if (end === null) return text;
  if (text[end] === next) return text.slice(0, end).trimEnd();
  if (depth < 0 && openBrackets(at.before).length === 0) return text.slice(0, end).trimEnd(); // nothing to close
  return text.slice(0, end + 1) + /^[)\]};,]*/.exec(text.slice(end + 1))![0];
}

/** Ends an answer at the first later line that is indented less than the cursor's block: the model has run on past it. */
export function cutAtDedent(text: string, at: Surroundings): string {
  const lines = text.split("\n");
  const own = indentOf(at.lineBefore).length;
  const inside = at.lineBefore.trim() !== "" && opensBlock(at.lineBefore) ? own + 1 : own;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.trim() === "" || indentOf(line).length >= inside || /^\s*[)\]}]/.test(line)) continue;
    return lines.slice(0, i).join("\n");
  }
  return text;
}
