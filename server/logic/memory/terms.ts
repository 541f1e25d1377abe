import { doubtfulNames, type NameKind, names } from "./names.ts";
import type { Piece } from "./pieces.ts";
import { isAsking, isNamed, isSilent, stops } from "./silence.ts";
import { stemOf } from "./stem.ts";
import { acts, things } from "./synonyms.ts";
import { pureVerbs, verbs } from "./verbs.ts";
import * as words from "./words.ts";

/** What a question is made of once everything that says nothing is gone: two questions are one if their terms are. */
export interface Term {
  readonly key: string;
  /** The word as it stood, for a comparison with code. */
  readonly raw: string;
  /** One or many: certain `one`, `the` and `many`, or any of its kind, `a` and `all`. `-`: has no number. */
  readonly number: "one" | "the" | "many" | "some" | "a" | "all" | "-";
  readonly name: NameKind | null;
  /** An article stood before it: a noun phrase begins here. */
  readonly article: boolean;
}

type Said = "definite" | "indefinite" | null;

/** One to twelve but "one" and "second", which mean other things too. */
const numbers = new Map(
  "zero 0 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 hundred 100 thousand 1000"
    .split(" ")
    .flatMap((word, i, all): [string, string][] => (i % 2 === 0 ? [[word, all[i + 1]!]] : [])),
);
const units = new Map(
  "ms millisecond msec millisecond s second sec second secs second min minute mins minute h hour hr hour hrs hour"
    .split(" ")
    .flatMap((word, i, all): [string, string][] => (i % 2 === 0 ? [[word, all[i + 1]!]] : [])),
);

/** A verb that is spoken of stands for itself: `delete` and `remove` are two operators. */
interface Use {
  /** A word is spoken of, or may be. */
  readonly spoken: boolean;
  /** Something is to be done: its verb is used. */
  readonly acting: boolean;
  /** A name is given, so that `param` and `parameter` are two. */
  readonly naming: boolean;
}
const isNaming = ({ lower, opens }: Piece): boolean =>
  /^(?:renam(?:e|es|ing)|called|named|label|spell|spelled|spelling|pronounce|translate|word|synonym)$/.test(lower) ||
  (opens && lower === "name");
/** "Change it to delete" has no verb behind its "to". */
const isChanging = ({ lower }: Piece): boolean => /^(?:change|set|switch|replace|convert|turn|update)$/.test(lower);

export function termsOf(pieces: readonly Piece[]): Term[] {
  const terms: Term[] = [];
  const spoken = pieces.some(({ text }) => words.speaking.has(text));
  const naming = pieces.some(isNaming);
  const asking = pieces.some(({ text }) => text.startsWith("?") && text !== "?how-to");
  const acting = !spoken && !asking && !naming && !pieces.some(isChanging);
  const use = { spoken, acting, naming };
  let being = false; // behind "is", up to the next preposition
  let said: Said = null; // by an article or a word of quantity, for the words up to the next preposition
  for (const [i, piece] of pieces.entries()) {
    if (piece.article !== null) said = piece.article === "own" ? "definite" : piece.article;
    if (words.beings.has(piece.text) || piece.text === "?how-is") being = true;
    else if (piece.text !== "not" && words.prepositions.has(piece.text)) being = false;
    // The stack is another than mine; why "the" code is slow is why "my" code is.
    if (piece.article === "own" && pieces[0]!.text === "?what") terms.push(fixed("my"));
    if (piece.plain && words.prepositions.has(piece.text)) said = null;
    if (piece.plain && words.quantities.has(piece.text)) said = "definite";
    if (!piece.plain) terms.push(...exactOf(piece, terms));
    else if (!isSilent(pieces, i)) {
      const term = termOf(pieces, i, terms.at(-1), said, use);
      terms.push(being && words.states.has(piece.text) ? { ...term, key: `is ${term.key}` } : term);
    }
    if (stops(pieces, i)) terms.push(fixed(pieces[i + 1]!.opens ? "." : piece.stop));
  }
  const numbered = pieces[0]?.text === "?how-to" ? terms.map(anyOne) : terms;
  return means(twoNames(numbered));
}

/** "Replace color with colour" and "convert an int to an integer" tell their words apart, whatever they mean. */
function twoNames(terms: Term[]): Term[] {
  const said = (term: Term): string => stemOf(term.raw).stem;
  const isTwo = (term: Term): boolean =>
    terms.some((other) => other.key === term.key && said(other) !== said(term) && wordy.test(term.raw + other.raw));
  return terms.map((term) => (isTwo(term) ? { ...term, key: said(term) } : term));
}
const wordy = /^[a-z]+$/;

/** A page made "using React" is made "with React"; one found with a form has one, and two are compared with each other. */
function means(terms: Term[]): Term[] {
  if (!terms.some(({ key }) => words.making.has(key)) || terms.some(({ key }) => key === "about")) return terms;
  return terms.map((term, i) => (term.raw === "using" && terms[i + 1]?.name ? { ...term, key: "with" } : term));
}

const fixed = (key: string, article = false): Term => ({ key, raw: key, number: "-", name: null, article });

/** "30s" is "30 seconds", "v2" is "version 2". */
function exactOf({ text, article }: Piece, before: Term[]): Term[] {
  const glued = /^(\d+(?:\.\d+)?)(ms|s|sec|min|h)$/.exec(text);
  if (glued !== null) return [fixed(glued[1]!), fixed(units.get(glued[2]!)!)];
  if (/^[vV]\d/.test(text)) return [fixed(`version ${text.slice(1)}`)];
  if (!/^\d/.test(text) || before.at(-1)?.key !== "version") return [fixed(text, article !== null)];
  before.pop();
  return [fixed(`version ${text}`)];
}

/** "Write a function which checks" wants one that checks. */
const isRelative = (pieces: readonly Piece[], at: number): boolean =>
  pieces[at]!.text === "which" &&
  /^(?:write|create|generate)$/.test(pieces[0]!.text) &&
  verbs.has(stemOf(pieces[at + 1]?.text ?? "").stem) &&
  pieces.slice(Math.max(at - 2, 0), at).some(({ article }) => article === "indefinite");

function termOf(pieces: readonly Piece[], at: number, before: Term | undefined, said: Said, use: Use): Term {
  const piece = pieces[at]!;
  const behind = pieces[at - 1];
  const { text } = piece;
  if (piece.lower === "@") return fixed(`@${text.toLowerCase()}`);
  const article = piece.article !== null;
  if (piece.opens && words.polar.has(text)) return fixed(polarOf(text));
  const name = names.get(text) ?? (piece.capital || isGo(piece, behind) ? doubtfulNames.get(text) : undefined);
  if (name !== undefined) return { key: name.name, raw: text, number: "-", name: name.kind, article };
  const figure = numbers.get(text) ?? (/^\d/.test(before?.key ?? "") ? units.get(text) : undefined);
  if (figure !== undefined) return fixed(figure);
  const thing = text.endsWith("ing") && (use.spoken || article || isObject(behind));
  const { stem, plural } = thing ? { stem: text, plural: false } : stemOf(text);
  // A verb's -s needs a subject: "it includes", but "use includes".
  const subject = before !== undefined && !before.key.startsWith("?") && !verbs.has(before.key);
  if (plural && pureVerbs.has(stem) && !subject) return fixed(text, article);
  const acting = use.acting && (piece.opens || isVerbs(behind) || (text !== stem && !plural));
  // "To int" and "does max" may name what the language has; "an int", "ints" and "max values" are any.
  const isDefined = behind !== undefined && isAsking(behind);
  const ofMany = stemOf(pieces[at + 1]?.text ?? "").plural;
  const known = plural || (!isNamed(pieces, at) && ((said !== null && !isDefined) || ofMany || !built.test(stem)));
  const thingsName = known && !use.naming ? things.get(stem) : undefined;
  const called = isRelative(pieces, at) ? "that" : (thingsName ?? (acting ? acts.get(stem) : undefined) ?? stem);
  const key = doubtfulNames.has(called) ? `a ${called}` : called; // no Shell
  return { key, raw: text, number: numberOf(stem, plural, said), name: null, article };
}

/** No other of the doubtful names is one in lower case: "in node" may speak of a tree's. */
const isGo = ({ text }: Piece, behind: Piece | undefined): boolean => text === "go" && behind?.text === "in";

const built = /^(?:dict|int|bool|async|char|env|max|min|regexp)$/;

/** Behind these a verb is used: "the delete button" and "override delete" have none. */
const isVerbs = (piece: Piece | undefined): boolean =>
  piece === undefined || /^(?:\?how-to|to|then|that|which|@|you|it|not|must|can)$/.test(piece.text);

/** "Add commenting" and "how does switching work" speak of a thing; "why is it failing" and "from failing" do not. */
const isObject = (behind: Piece | undefined): boolean =>
  behind === undefined ||
  (behind.text.startsWith("?") && behind.text !== "?how-to") ||
  words.fillers.has(behind.text) ||
  pureVerbs.has(stemOf(behind.text).stem);

/** "Does a list …" and "do lists …" ask the same. */
const polarOf = (text: string): string =>
  `?${({ do: "does", are: "is", am: "is", have: "has" } as Record<string, string>)[text] ?? text}`;

function numberOf(stem: string, plural: boolean, said: Said): Term["number"] {
  if (pureVerbs.has(stem) && said !== "definite") return "-";
  if (plural) return said === "definite" ? "many" : "all";
  return said === "indefinite" ? "a" : said === "definite" ? "the" : "one";
}

/** How to do it with the list is how to do it with a list. Why the list is slow is not why a list is. */
const anyOne = (term: Term): Term =>
  term.number === "the" ? { ...term, number: "one" } : term.number === "many" ? { ...term, number: "some" } : term;

/** "A list" is one list, "lists" are many. */
export function counted(term: Term): Term {
  return term.number === "all" ? { ...term, number: "many" } : term;
}

/** "A list" and "lists" are any; "the list" and "the lists" are not the same, nor is either any. */
export function sameNumber(a: Term["number"], b: Term["number"]): boolean {
  return a === b || a === "-" || b === "-" || alike.has([a, b].sort().join(" "));
}
const alike = new Set(["a all", "a one", "one the", "all some"]);
