import { irregular, unstemmed, verbs } from "./verbs.ts";

/** A word without the endings that don't change what is asked, and whether it was a plural. */
export interface Stem {
  readonly stem: string;
  readonly plural: boolean;
}

/**
 * Takes off a plural's or a verb's -s from any word, and -ing only where a known verb is left. Nothing else: "sorted" and
 * "sort", "parser" and "parse" may well be two things.
 */
export function stemOf(word: string): Stem {
  const known = irregular.get(word);
  if (known !== undefined) return { stem: known, plural: false };
  if (unstemmed.has(word)) return { stem: word, plural: false };
  if (word.endsWith("ing") && word.length > 5) {
    const base = verbOf(word.slice(0, -3));
    return { stem: base ?? word, plural: false };
  }
  const single = singular(word);
  return { stem: single, plural: single !== word };
}

function verbOf(rest: string): string | null {
  if (verbs.has(rest)) return rest;
  if (verbs.has(`${rest}e`)) return `${rest}e`;
  const once = rest.slice(0, -1);
  return rest.at(-1) === rest.at(-2) && verbs.has(once) ? once : null;
}

function singular(word: string): string {
  // "https" and "dns" are no plurals: what is left must be a word, that is hold a vowel.
  if (word.length < 4 || !word.endsWith("s") || /(?:ss|us|is|as|os)$/.test(word)) return word;
  if (!/[aeiouy]/.test(word.slice(0, -1))) return word;
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}
