/**
 * Long statements, neither questions nor requests, said again in other words: each is brought to one form, and two are the
 * same if their forms are. So every word has its counterpart, at its own place: what no rule knows is a difference.
 */
import { contractions } from "./phrases.ts";
import { turned } from "./prose-turns.ts";
import { plainVerbs, sameProse } from "./prose-words.ts";
import { things } from "./synonyms.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { verbs } from "./verbs.ts";
import * as words from "./words.ts";

const longest = 1_000;
/** Shorter ones are said in too few ways for a rule to be worth its risk. */
const fewestWords = 8;

/** What begins a question, be it but half of one ("ways to …"), or, as "Use …", an order. */
const asked = new Set("way ways best difference differences any example examples meaning need want".split(" "));
const orders = [
  asked,
  verbs,
  plainVerbs,
  words.requests,
  words.askers,
  words.polar,
  words.modals,
  words.openers,
].concat([words.greetings, words.courtesies]);
const subjects =
  /^(?:the|a|an|this|that|these|those|it|its|each|every|all|both|some|many|most|no|one|you|your|they|their|there|yes)$/;
const clauses = /^(?:by|to|if|when|whenever|in|for|with|using|once|after|before|while|unless|although|because)$/i;
/** Who asks or is to answer: no statement. */
const asks = /^(?:I|me|my|we|us|our|[Pp]lease|[Ll]et)$/;

/** The one form of a long statement, or null if the text is none. */
export function statementOf(text: string): string | null {
  if (text.length > longest || text.length < 40 || text.includes("\n") || text.includes("?")) return null;
  const tokens = tokensOf(text);
  if (tokens.length < fewestWords) return null;
  const sentences: string[] = [];
  let from = 0;
  for (let to = 1; to <= tokens.length; to++) {
    if (to < tokens.length && !tokens[to]!.opens) continue;
    const sentence = tokens.slice(from, to);
    if (!isStatement(sentence)) return null;
    sentences.push(formOf(sentence));
    from = to;
  }
  return sentences.join(" . ");
}

/** A clause in front ("to see it, open …") must have a subject behind it. */
function isStatement(tokens: readonly Token[]): boolean {
  const [first] = tokens;
  if (tokens.some(({ kind, text }) => kind === "word" && asks.test(text))) return false;
  if (first?.kind !== "word" || !clauses.test(first.text)) return isSubject(first);
  return isSubject(tokens[tokens.findIndex(({ closes }) => closes) + 1] ?? first);
}

function isSubject(token: Token | undefined): boolean {
  if (token === undefined || token.kind === "quote") return false;
  const lower = token.text.toLowerCase().replace(/'.*/, "");
  return token.kind === "code" || subjects.test(lower) || !orders.some((known) => known.has(lower));
}

function formOf(tokens: readonly Token[]): string {
  const found = tokens.flatMap((token, i) => {
    const comma = token.closes && i < tokens.length - 1 ? [","] : [];
    return [...wordsOf(token, tokens[i - 1], tokens[i + 1]), ...comma];
  });
  return turned(found.filter((word) => !/^(?:the|a|an)$/.test(word)).join(" "));
}

function wordsOf({ kind, text, opens }: Token, before: Token | undefined, next: Token | undefined): string[] {
  // Blanks inside code and quotes are no borders between words.
  if (kind === "code") return [`\`${sealed(text)}`];
  if (kind === "quote") return [`"${sealed(text.slice(1))}`];
  if (kind === "exact") return [sameProse.get(text) ?? (/^[a-z]+(?:-[a-z]+)+$/.test(text) ? text : `=${sealed(text)}`)];
  const lower = text.toLowerCase();
  const word = opens && /^[A-Z][a-z]*$/.test(text) ? lower : text;
  const long = contractions.get(lower);
  if (long !== undefined) return [...long];
  const name = named.test(next?.text ?? "") || (plainVerbs.has(word) && !acting.test(before?.text ?? ""));
  return [(name ? undefined : sameProse.get(word)) ?? thing(word)];
}

/** What a verb is done by or to, where it isn't the name of something. */
const acting = /^(?:to|can|could|must|should|may|might|will|would|not|and|or|you|they|users|developers|also)$/;
const named =
  /^(?:function|method|operator|command|statement|attribute|property|hook|option|flag|keyword|button|event|key|request|call|clause|endpoint|page|block|step|phase|stage|mode|tag|tool|program|utility|signal|api)s?$/i;

const sealed = (text: string): string => text.replace(/\s/g, (c) => `\\${c.charCodeAt(0)};`);

function thing(word: string): string {
  const single = word.endsWith("s") ? things.get(word.slice(0, -1)) : undefined;
  return things.get(word) ?? (single === undefined ? word : `${single}s`);
}
