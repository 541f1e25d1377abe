import type { Surroundings } from "./surroundings.ts";

type Reason = (at: Surroundings) => string | null;

const emptyDocument: Reason = ({ before, after }) =>
  before.trim() === "" && after.trim() === "" ? "the document is empty" : null;

const midWord: Reason = ({ lineBefore, lineAfter }) =>
  /^[\p{L}\p{N}_$]/u.test(lineAfter) && /[\p{L}\p{N}_$]$/u.test(lineBefore) ? "the cursor is inside a word" : null;

/** Closing brackets and quotes that the editor put there don't count as text. */
const textAfter: Reason = ({ lineAfter }) =>
  /^[\s)\]}>"'`;,:]*$/.test(lineAfter) ? null : "there is text after the cursor on its line";

const statementDone: Reason = ({ lineBefore }) =>
  /(;|\}|\*\/)\s*$/.test(lineBefore) ? "the statement before the cursor is complete" : null;

/** Why not to ask while the person types; each is a case in which a suggestion would only be in the way. */
const whileTyping: readonly Reason[] = [emptyDocument, midWord, textAfter, statementDone];

/** Why no model is asked here, or null. A person who asks by hand is refused only where nothing is known. */
export function whyNotAsk(at: Surroundings, automatic: boolean): string | null {
  for (const reason of automatic ? whileTyping : [emptyDocument]) {
    const why = reason(at);
    if (why !== null) return why;
  }
  return null;
}
