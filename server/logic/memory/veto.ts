/**
 * Whether two questions ask the same in other words, as far as their words can tell. Every word counts unless it is known to
 * say nothing, and the words must stand in the same order: what isn't understood is a difference.
 */
import { balanced, compounded, isJoint, negated, placed } from "./order.ts";
import { piecesOf } from "./pieces.ts";
import { reasonOf } from "./reason.ts";
import { fronted, rewritten } from "./rewrite.ts";
import { statementOf } from "./statement.ts";
import { counted, sameNumber, type Term, termsOf } from "./terms.ts";
import { askers, foreign } from "./words.ts";

/** What is compared of a question. */
export interface Marks {
  /** The text with its blanks made even. */
  readonly exact: string;
  /** Null: too long, not English or without a word that counts; only the exact text is the same question. */
  readonly terms: readonly Term[] | null;
  /** The language, framework or platform that stands anywhere in the question, or "". */
  readonly place: string;
  /** The one form of a long statement, or null if it is none. */
  readonly statement: string | null;
}

const longest = 4000;
/** What one says before one asks. */
const opening = /^(?:(?:(?:hi|hello|hey)(?: there)?|thanks|thank you)!|quick question[:,])\s+(?=[a-z])/i;

export function marksOf(text: string): Marks {
  const exact = text.replaceAll("\r\n", "\n").trim().normalize("NFC");
  const none = { exact, terms: null, place: "", statement: null };
  if (exact.length > longest || !isEnglish(exact) || isIndented(exact)) return none;
  const statement = statementOf(straight(exact));
  const pieces = rewritten(fronted(piecesOf(straight(exact).replace(opening, ""))));
  const { terms, place } = placed(compounded(termsOf(pieces)));
  if (place === "" && terms.every(({ key }) => key.startsWith("?"))) return none;
  // "Add a test" wants one, "add tests" more; in a question both are any.
  if (!terms.some(({ key }) => key.startsWith("?")) && !askers.has(terms[0]?.raw ?? ""))
    return { exact, terms: terms.map(counted), place, statement };
  const definite = pieces.some(({ article }) => article === "definite" || article === "own");
  const any = pieces[1]?.article === "indefinite";
  return { exact, terms: negated(balanced(general(terms, definite, any))), place, statement };
}

/** Null if the two are the same question, else what makes them two. */
export function differs(a: Marks, b: Marks): string | null {
  if (a.exact === b.exact) return null;
  if (a.statement !== null && b.statement !== null) return a.statement === b.statement ? null : "statement";
  if (a.terms === null || b.terms === null) return "text";
  if (a.place !== b.place) return reasonOf(a.place, b.place);
  const [left, right] = [a.terms, b.terms];
  if (left.length === right.length && left.every((term, i) => isSame(term, right[i]!))) return null;
  const [mine, yours] = [firstBeyond(left, right), firstBeyond(right, left)];
  if (mine !== "" || yours !== "") return reasonOf(mine, yours);
  return left.every(({ key }, i) => key === right[i]?.key) ? "one or many" : "order";
}

function firstBeyond(of: readonly Term[], others: readonly Term[]): string {
  const keys = new Set(others.map(({ key }) => key));
  return of.find(({ key }) => !keys.has(key))?.key ?? "";
}

/** Code in backticks is also the bare word that it is, but nothing that the word was made into. */
function isSame(a: Term, b: Term): boolean {
  if (a.key === b.key) return sameNumber(a.number, b.number);
  return a.key === `\`${b.raw}` || b.key === `\`${a.raw}`;
}

/** What any thing is, means and does, and its explanation, are one answer. What a certain one is ("the output") is another. */
function general(terms: readonly Term[], definite: boolean, any: boolean): readonly Term[] {
  const [first, ...others] = terms;
  if (first === undefined) return terms;
  if (
    definite ||
    others.length > 3 ||
    others.some(isCertain) ||
    !/^\?(?:what|mean|what-it-does|explain)$/.test(first.key)
  )
    return any && first.key === "?what" ? [{ ...first, key: "?what a" }, ...others] : terms;
  const one = others.length > 1 && others.every(({ number }) => number !== "a" && number !== "all");
  return [{ ...first, key: one ? "?what" : "?what a" }, ...others];
}

/** Code without its fence, where blanks may count. */
const isIndented = (text: string): boolean =>
  text.split("```").some((part, i) => i % 2 === 0 && /\n[ \t]+\S/.test(part));

const isCertain = (term: Term): boolean =>
  isJoint(term) || /^(?:this|that|these|those|it|you|they|there|here)$/.test(term.key);

const straight = (text: string): string => text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');

/** Letters beyond ASCII, or several small words of another language, are reason enough to leave a text as it is. */
function isEnglish(text: string): boolean {
  if (/[^\p{ASCII}\P{L}]/u.test(text)) return false;
  const found = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+/g)) if (foreign.has(word)) found.add(word);
  return found.size < 2;
}
