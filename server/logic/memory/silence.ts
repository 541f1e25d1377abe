/** Which words and marks say nothing where they stand, and which words are spoken of there instead of used. */
import type { Piece } from "./pieces.ts";
import { stemOf } from "./stem.ts";
import { pureVerbs, verbs } from "./verbs.ts";
import * as words from "./words.ts";

export function isSilent(pieces: readonly Piece[], at: number): boolean {
  const { text, lower, opens, article } = pieces[at]!;
  const [behind, next] = [pieces[at - 1], pieces[at + 1]];
  // "How do I", "show me": who asks is known there, but not in "email me" and "World War I".
  if (lower === "@") {
    const verb = behind?.text === "not" ? pieces[at - 2] : behind; // "why can't I"
    if (verb === undefined) return false;
    return text === "me" ? verb.opens && tells.test(verb.text) && isObjective(next) : asksFor.test(verb.text);
  }
  if (text === "to") return next?.plain === true && pureVerbs.has(next.text);
  if (!words.fillers.has(text) || (opens && words.polar.has(text))) return false;
  return article === null && !isSpokenOf(behind, next) && (!/^do(?:es)?$/.test(text) || isAuxiliary(pieces, at));
}
/** "Show me a list", but neither "show me" nor "show me to her". */
const isObjective = (next: Piece | undefined): boolean => next !== undefined && !words.prepositions.has(next.text);
const asksFor = /^(?:do|did|can|could|should|would|will|must|may|am|was|have|had)$/;
const tells = /^(?:show|tell|write|suggest|recommend|help|find)$/;

/** "Explain do in Ruby" and "the is keyword" speak of a word that elsewhere says nothing. */
const isSpokenOf = (behind: Piece | undefined, next: Piece | undefined): boolean =>
  next === undefined ||
  (next.plain && isKind(next)) ||
  (behind !== undefined && (words.beings.has(behind.text) || isKind(behind) || isOperand(behind) || isAsking(behind)));
/** "Rename is to are". */
const isOperand = ({ text, opens }: Piece): boolean =>
  (opens && verbs.has(stemOf(text).stem)) || /^(?:with|to|for|from|of|as|by|into|between|than)$/.test(text);
export const isAsking = ({ text }: Piece): boolean =>
  /^\?(?:what|mean|explain|purpose|difference|what-it-does)$/.test(text);
const isAlone = (next: Piece | undefined): boolean => next === undefined || words.prepositions.has(next.text);
/** Behind and before these a word is spoken of. */
const isKind = ({ text }: Piece): boolean =>
  /^[a-z]/.test(text) && (words.speaking.has(text) || words.calling.has(text));

/** "Which files does it read": the first "do" behind what asks, and no more than that one. */
function isAuxiliary(pieces: readonly Piece[], at: number): boolean {
  const next = pieces[at + 1];
  const asks = pieces.slice(0, at).findLastIndex(({ text }) => /^\?why$/.test(text) || words.askers.has(text));
  if (
    asks < 0 ||
    next === undefined ||
    (next.plain && words.prepositions.has(next.text) && !/^(?:that|which|not)$/.test(next.text))
  )
    return false;
  return !pieces.slice(asks, at).some(({ text }) => /^(?:do|does|did)$/.test(text));
}

/** A comma that only parts a clause, a courtesy or a list's last member from the rest says nothing; other marks do. */
export function stops(pieces: readonly Piece[], at: number): boolean {
  const [{ stop }, next] = [pieces[at]!, pieces[at + 1]];
  if (next === undefined) return false;
  if (next.opens) return true;
  if (stop === "") return false;
  if (stop !== ",") return true;
  const leads = pieces[0]!.plain && leading.test(pieces[0]!.text) && at < 5;
  return !leads && !clauses.test(next.text);
}
const leading = /^(?:in|on|with|for|using|when|if|under|inside)$/;
const clauses = /^(?:and|or|but|if|when|because|so|then|how|what|why|which|where|\?.*)$/;

/** "The max function", "call max" and "explain max" name one of several: no other word is its name. */
export function isNamed(pieces: readonly Piece[], at: number): boolean {
  const [behind, next] = [pieces[at - 1], pieces[at + 1]];
  if (next?.plain && isKind(next)) return true;
  if (behind === undefined || pieces[at]!.article !== null) return false;
  return (
    isKind(behind) ||
    /^(?:dir|file|folder|directory|branch|table)$/.test(behind.text) ||
    (isAlone(next) && isAsking(behind))
  );
}
