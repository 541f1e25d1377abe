/**
 * Whether two questions ask the same in other words, as far as their words can tell. Every word counts unless it is known to
 * say nothing, and the words must stand in the same order: what isn't understood is a difference.
 */
import { balanced, compounded, isJoint, negated, placed } from "./order.ts";
import { piecesOf } from "./pieces.ts";
import { reasonOf } from "./reason.ts";
import { fronted, rewritten } from "./rewrite.ts";
import { sameNumber, type Term, termsOf } from "./terms.ts";
import { foreign } from "./words.ts";

/** What is compared of a question. */
export interface Marks {
  /** The text with its blanks made even. */
  readonly exact: string;
  /** Null: too long, not English or without a word that counts; only the exact text is the same question. */
  readonly terms: readonly Term[] | null;
  /** The language, framework or platform that stands anywhere in the question, or "". */
  readonly place: string;
}

const longest = 4000;

export function marksOf(text: string): Marks {
  const exact = text.replaceAll("\r\n", "\n").trim().normalize("NFC");
  const none = { exact, terms: null, place: "" };
  if (exact.length > longest || !isEnglish(exact)) return none;
  const pieces = rewritten(fronted(piecesOf(straight(exact))));
  const { terms, place } = placed(compounded(termsOf(pieces)));
  if (place === "" && terms.every(({ key }) => key.startsWith("?"))) return none;
  const definite = pieces.some(({ article }) => article === "definite");
  return { exact, terms: negated(balanced(general(terms, definite))), place };
}

/** Null if the two are the same question, else what makes them two. */
export function differs(a: Marks, b: Marks): string | null {
  if (a.exact === b.exact) return null;
  if (a.terms === null || b.terms === null) return "text";
  if (a.place !== b.place) return reasonOf(a.place || "none", b.place || "none");
  const [left, right] = [a.terms, b.terms];
  if (left.length === right.length && left.every((term, i) => isSame(term, right[i]!))) return null;
  const extra = (of: readonly Term[], from: readonly Term[]) => of.find((t) => !from.some((u) => isSame(t, u)))?.key;
  const [mine, yours] = [extra(left, right), extra(right, left)];
  return mine === undefined && yours === undefined ? "order" : reasonOf(mine ?? "none", yours ?? "none");
}

/** Code in backticks is also the bare word that it is, but nothing that the word was made into. */
function isSame(a: Term, b: Term): boolean {
  if (a.key === b.key) return sameNumber(a.number, b.number);
  return a.key === `\`${b.raw}` || b.key === `\`${a.raw}`;
}

/** What a single thing is, means and does, and its explanation, are one answer, if it is no certain one ("the output"). */
function general(terms: readonly Term[], definite: boolean): readonly Term[] {
  const [first, ...others] = terms;
  if (
    first === undefined ||
    definite ||
    others.length > 3 ||
    others.some(isCertain) ||
    !/^\?(?:what|mean|do|explain)$/.test(first.key)
  )
    return terms;
  return [{ ...first, key: "?what" }, ...others];
}

const isCertain = (term: Term): boolean => isJoint(term) || /^(?:this|these|those|it)$/.test(term.key);

const straight = (text: string): string => text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');

/** Letters beyond ASCII, or several small words of another language, are reason enough to leave a text as it is. */
function isEnglish(text: string): boolean {
  if (/[^\p{ASCII}\P{L}]/u.test(text)) return false;
  const found = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+/g)) if (foreign.has(word)) found.add(word);
  return found.size < 2;
}
