import { abbreviations, doubtfulNames, names } from "./names.ts";
import { contractions, phrases } from "./phrases.ts";
import { stemOf } from "./stem.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { verbs } from "./verbs.ts";
import * as words from "./words.ts";

/** A token as the rules see it: in lower case if case says nothing there, without articles. */
export interface Piece {
  /** A plain word, for the rules to change; the rest is compared as it is. */
  readonly plain: boolean;
  readonly text: string;
  /** What phrases are matched with: the word in lower case, "" for what is no word, `@` for who asks. */
  readonly lower: string;
  /** The article that stood before it. */
  readonly article: "definite" | "own" | "indefinite" | null;
  /** Written with a capital inside a sentence. */
  readonly capital: boolean;
  opens: boolean;
  readonly closes: boolean;
  /** The comma, colon or semicolon behind it, or "". */
  readonly stop: string;
}

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const tokens = tokensOf(text);
  let article: Piece["article"] = null;
  let opens = false;
  tokens.forEach((token, i) => {
    opens ||= token.opens;
    for (const read of readingsOf(token)) {
      const before = pieces.at(-1)?.text ?? "";
      if (read.plain && words.courtesies.has(read.text) && article === null && isEdge(tokens, i)) continue;
      // "Translate: thanks" says what to translate.
      const apart = i === 0 || token.opens || (tokens[i - 1]!.closes && !tokens[i - 1]!.colon);
      if (read.plain && apart && words.greetings.has(read.text) && (token.closes || i === tokens.length - 1)) continue;
      // "The a tag" and "a few" have a word there, no article.
      const leads = read.plain && token.stop === "" && !isMeasure(tokens[i + 1]?.text ?? "");
      if (leads && words.definite.has(read.text)) article = words.own.has(read.text) ? "own" : "definite";
      else if (leads && words.indefinite.has(read.text) && isNoun(tokens[i + 1])) article = "indefinite";
      else {
        // "Is this the best way" asks about the way, "what is the best way" for any.
        const way = /^(?:way|ways|approach|practice)$/.test(read.text) && !pieces.some(({ text }) => judged.test(text));
        while (way && words.praises.has(pieces.at(-1)?.text ?? "")) {
          const praise = pieces.pop()!;
          opens ||= praise.opens;
        }
        const speaks =
          words.speakers.has(read.lower) &&
          (read.lower !== "i" || opens || read.text === "I" || words.beforeSpeaker.has(before));
        const lower = speaks ? "@" : read.lower;
        pieces.push({ ...read, lower, article, opens, closes: token.closes, stop: token.stop });
        article = null;
        opens = false;
      }
    }
  });
  return pieces;
}

const isMeasure = (text: string): boolean =>
  words.measures.has(text) || words.indefinite.has(text) || words.definite.has(text);

const judged = /^(?:this|that|it|these|those|which|why)$/;

/** Where "please" is said and not spoken of: before or behind all else, and after "can you". */
function isEdge(tokens: readonly Token[], at: number): boolean {
  const [before, { opens, closes }] = [tokens[at - 1], tokens[at]!];
  if (before === undefined || opens || before.stop === "," || before.text === "you") return true;
  const ends = closes || at === tokens.length - 1 || tokens[at + 1]!.opens;
  const lower = before.text.toLowerCase();
  // "Write please" and "the keyword please" may speak of it, "review this code please" doesn't.
  const certain = /^(?:this|that|these|those|my)$/.test(tokens[at - 2]?.text ?? "");
  const takes = words.speaking.has(lower) || words.prepositions.has(lower) || verbs.has(stemOf(lower).stem);
  return ends && before.stop === "" && !before.opens && !words.telling.has(lower) && (certain || !takes);
}

/** Whether an "a" before it is an article: not the name of something, as in "a + b" or "add a to b". */
function isNoun(token: Token | undefined): boolean {
  if (token === undefined || token.opens) return false;
  return token.kind !== "exact" ? !words.prepositions.has(token.text) : /^[\w.]/.test(token.text);
}

type Reading = Pick<Piece, "plain" | "text" | "lower" | "capital">;

function readingsOf(token: Token): Reading[] {
  const { text, kind } = token;
  // `git stash` is the bare words that it is, like `git`.
  if (kind === "code" && /^[a-z]+(?: [a-z]+)+$/.test(text)) return text.split(" ").map((one) => exact(`\`${one}`));
  if (kind === "code") return [exact(/^[a-z]+$/.test(text) ? `\`${text}` : bareCode(text))];
  if (kind === "quote") return [exact(text)];
  const lower = text.toLowerCase();
  if (kind === "exact") return names.has(lower) ? [plain(lower)] : [exact(bareCode(numeral(text)))];
  const long = contractions.get(lower);
  if (long !== undefined) return long.map((word) => (word === "i" ? { ...plain(word), text: "I" } : plain(word)));
  if (lower.endsWith("'s")) return readingsOf({ ...token, text: text.slice(0, -2) });
  if (text === lower) return [plain(lower)];
  if (text === "I") return [{ ...plain("i"), text }];
  if (names.has(lower) || (/^[A-Z]+s?$/.test(text) && isAbbreviation(text, lower))) return [plain(lower)];
  if (token.opens && /^[A-Z][a-z]*$/.test(text) && isKnown(lower)) return [plain(lower)];
  if (!token.opens && doubtfulNames.has(lower) && /^[A-Z][a-z]*$/.test(text))
    return [{ ...plain(lower), capital: true }];
  return [{ ...exact(text), lower }];
}

const plain = (text: string): Reading => ({ plain: true, text, lower: text, capital: false });
const exact = (text: string): Reading => ({ plain: false, text, lower: "", capital: false });

/** `f()` is `f`. */
const bareCode = (text: string): string => (text.endsWith("()") && text.length > 2 ? text.slice(0, -2) : text);
const numeral = (text: string): string => (/^\d{1,3}(?:,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text);

const isAbbreviation = (text: string, lower: string): boolean =>
  abbreviations.has(lower) || (text.endsWith("s") && abbreviations.has(lower.slice(0, -1)));

/** Whether a word at the start of a sentence has its capital for that only: `Map` and `Promise` may be names. */
function isKnown(lower: string): boolean {
  return words.common.has(lower) || phrases.has(lower) || verbs.has(stemOf(lower).stem);
}
