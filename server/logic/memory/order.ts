import type { Term } from "./terms.ts";
import { adverbs, degrees, hosted, places, prepositions, quantities } from "./words.ts";

/** "The length of a list" is "the list length". Not with a second "of" or a "max": what belongs to what is open then. */
export function compounded(terms: readonly Term[]): readonly Term[] {
  const at = terms.findIndex(({ key }) => key === "of");
  if (at < 1 || at !== terms.findLastIndex(({ key }) => key === "of")) return terms;
  if (isJoint(terms[at - 1]!) || quantities.has(terms[at - 1]!.key) || terms.some(({ key }) => degrees.has(key)))
    return terms;
  let start = at - 1;
  for (let i = start; i > 0 && i > at - 4 && !isJoint(terms[i]!); i--) if (terms[i]!.article) start = i;
  let end = at + 1;
  while (end < terms.length && !isJoint(terms[end]!)) end++;
  if (end === at + 1 || end > at + 4) return terms;
  return [...terms.slice(0, start), ...terms.slice(at + 1, end), ...terms.slice(start, at), ...terms.slice(end)];
}

export const isJoint = (term: Term): boolean => prepositions.has(term.key) || term.key.startsWith("?");

/**
 * Takes out the one language, framework or platform that says where the question plays: "sort a list in Python", "sort a
 * Python list" and "in Python, sort a list". With two of them, or behind a word like "from", the place matters.
 */
export function placed(terms: readonly Term[]): { readonly terms: readonly Term[]; readonly place: string } {
  const at = terms.findIndex(({ name }) => name !== null);
  const stays = { terms, place: "" };
  if (at < 0 || terms.some(({ name }, i) => name !== null && i !== at)) return stays;
  const after = terms[at + 1]?.key ?? "";
  if (/^(?:version |v?\d)/.test(after) || after === "and" || after === "or") return stays;
  const before = terms[at - 1];
  // "To a Python list" says where to by its list. A Windows container isn't one on Windows, nor its update one there.
  const lives = terms[at]!.name !== "platform";
  if (lives && (hosted.has(after) || (at === 0 && after !== ""))) return without(terms, at, 1, "");
  if (before === undefined) return stays;
  if (!places.has(before.raw) || (before.raw === "using" && terms[at]!.name !== "language")) return stays;
  return without(terms, at - 1, 2, before.raw === "for" ? "for " : "");
}

function without(terms: readonly Term[], from: number, count: number, how: string) {
  return { terms: terms.toSpliced(from, count), place: `${how}${terms[from + count - 1]!.key}` };
}

/** "Why is it not …" is "why isn't it …". With a clause or a quantity inside, what "not" belongs to matters. */
export function negated(terms: readonly Term[]): readonly Term[] {
  const at = terms.findIndex(({ key }) => key === "not");
  if (at < 2 || terms[0]!.key !== "?why") return terms;
  if (terms.some((term, i) => i > 0 && i !== at && (isJoint(term) || quantities.has(term.key) || isAdverb(term.key))))
    return terms;
  return [terms[0]!, terms[at]!, ...terms.slice(1, at), ...terms.slice(at + 1)];
}

/** "Not always" isn't "always not". */
const isAdverb = (key: string): boolean => key.endsWith("ly") || adverbs.has(key);

/** "The difference between A and B" is that between B and A. */
export function balanced(terms: readonly Term[]): readonly Term[] {
  const ands = terms.filter(({ key }) => key === "and").length;
  if (terms[0]?.key !== "?difference" || ands !== 1) return terms;
  const at = terms.findIndex(({ key }) => key === "and");
  const [left, right] = [terms.slice(1, at), terms.slice(at + 1)];
  const keys = (half: readonly Term[]) => half.map(({ key }) => key).join(" ");
  return keys(left) <= keys(right) ? terms : [terms[0], ...right, terms[at]!, ...left];
}
