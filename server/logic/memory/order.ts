import type { Term } from "./terms.ts";
import { adjectives, degrees, hosted, places, prepositions, quantities } from "./words.ts";

/** "The length of a list" is "the list length". From the right, so that "the size of an array of strings" works too. */
export function compounded(terms: readonly Term[]): Term[] {
  const out = [...terms];
  for (let at = out.length - 2; at > 0; at--) {
    if (out[at]!.key !== "of" || isJoint(out[at - 1]!) || isJoint(out[at + 1]!)) continue;
    if (out.some(({ key }) => degrees.has(key))) continue;
    let start = at - 1;
    for (let i = start; i > 0 && i > at - 4 && !isJoint(out[i]!); i--) if (out[i]!.article) start = i;
    let end = at + 2;
    while (end < out.length && isBefore(out[end - 1]!) && !isJoint(out[end]!)) end++;
    out.splice(start, end - start, ...out.slice(at + 1, end), ...out.slice(start, at));
  }
  return out;
}

/** Whether it belongs to the noun behind it. */
const isBefore = (term: Term): boolean => adjectives.has(term.key) || term.name !== null;

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
  // "To a Python list" says where to by its list.
  const adjunct = hosted.has(after);
  if (adjunct || (at === 0 && after !== "")) return without(terms, at, 1, "");
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
  if (terms.some((term, i) => i > 0 && i !== at && (isJoint(term) || quantities.has(term.key)))) return terms;
  return [terms[0]!, terms[at]!, ...terms.slice(1, at), ...terms.slice(at + 1)];
}

/** "The difference between A and B" is that between B and A. */
export function balanced(terms: readonly Term[]): readonly Term[] {
  const ands = terms.filter(({ key }) => key === "and").length;
  if (terms[0]?.key !== "?difference" || ands !== 1) return terms;
  const at = terms.findIndex(({ key }) => key === "and");
  const [left, right] = [terms.slice(1, at), terms.slice(at + 1)];
  const keys = (half: readonly Term[]) => half.map(({ key }) => key).join(" ");
  return keys(left) <= keys(right) ? terms : [terms[0], ...right, terms[at]!, ...left];
}
