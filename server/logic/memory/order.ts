import type { Term } from "./terms.ts";
import { adjectives, places, prepositions } from "./words.ts";

/** "The length of a list" is "the list length". From the right, so that "the size of an array of strings" works too. */
export function compounded(terms: readonly Term[]): Term[] {
  const out = [...terms];
  for (let at = out.length - 2; at > 0; at--) {
    if (out[at]!.key !== "of" || isJoint(out[at - 1]!) || isJoint(out[at + 1]!)) continue;
    let end = at + 1;
    while (end < out.length - 1 && adjectives.has(out[end]!.key)) end++;
    // The noun goes up to what an earlier turn put together, which has its last word behind.
    const [head] = out.splice(at - 1, 2);
    out.splice(end - 1, 0, head!);
  }
  return out;
}

const isJoint = (term: Term): boolean => prepositions.has(term.key) || term.key.startsWith("?");

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
  if (before === undefined || !prepositions.has(before.key)) return without(terms, at, 1, "");
  const way = before.raw === "with" ? "with" : before.key === "with" ? "using" : before.key;
  if (!places.has(way)) return stays;
  return without(terms, at - 1, 2, way === "for" ? "for " : "");
}

function without(terms: readonly Term[], from: number, count: number, how: string) {
  return { terms: terms.toSpliced(from, count), place: `${how}${terms[from + count - 1]!.key}` };
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
