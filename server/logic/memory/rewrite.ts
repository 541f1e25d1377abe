import { doubtfulNames, names } from "./names.ts";
import { phrases } from "./phrases.ts";
import type { Piece } from "./pieces.ts";
import { stemOf } from "./stem.ts";
import { modals, openers, places, polar } from "./words.ts";

/** Puts what stands before the question proper behind it: "In CI, how do I …" asks "how do I … in CI". */
export function fronted(pieces: readonly Piece[]): Piece[] {
  const at = pieces.findIndex((piece, i) => i > 0 && !piece.opens && pieces[i - 1]!.closes && openers.has(piece.lower));
  if (at < 0 || pieces.some((piece, i) => i > 0 && piece.opens)) return [...pieces];
  const [before, question] = [pieces.slice(0, at), pieces.slice(at)];
  // "Git: how …" is "in git, how …".
  if (before.length === 1 && names.has(before[0]!.text)) before.unshift({ ...before[0]!, text: "in", lower: "in" });
  const behind = before.map((piece) => ({ ...piece, opens: false }));
  return [{ ...question[0]!, opens: true }, ...question.slice(1), ...behind];
}

/** "How do you read a file in SQL" and "how would you write this" ask how one does; "how do you get paid" asks you. */
function isGeneric(pieces: readonly Piece[]): boolean {
  if (pieces.some(({ text }) => personal.test(text))) return false;
  const named = pieces.some(
    ({ text, lower, capital }) => names.has(lower || text) || (doubtfulNames.has(lower) && (capital || text !== lower)),
  );
  const any = pieces.some(({ article, text }) => article === "indefinite" || stemOf(text).plural);
  return (named && any) || (pieces[1]?.text === "would" && pieces.at(-1)!.text === "this");
}
const personal = /^(?:me|your|yourself|know|learn|understand|remember|decide|feel|think|like|get|use)$/;

/** Puts one word, or one kind of question, for each known phrase. */
export function rewritten(pieces: Piece[]): Piece[] {
  const done: Piece[] = [];
  const generic = isGeneric(pieces);
  const rest = pieces.toReversed(); // the next piece is the last one, so that taking it costs nothing
  while (rest.length > 0) {
    const first = rest.at(-1)!;
    const isAt = (word: string, i: number): boolean => {
      const piece = rest[rest.length - 1 - i];
      return piece?.lower === word || piece?.text === word; // "you" is also `@`
    };
    const found = phrases
      .get(first.lower)
      ?.find(
        ({ words, opens }) =>
          (!opens || first.opens) && (generic || words[2] !== "you" || words[0] !== "how") && words.every(isAt),
      );
    if (found === undefined) {
      done.push(rest.pop()!);
      continue;
    }
    const taken = rest.splice(rest.length - found.words.length).toReversed();
    const last = taken.at(-1)!;
    const ofSameLength = found.becomes.length === found.words.length;
    const put = found.becomes.map((text, i) => ({
      ...(ofSameLength ? taken[i]! : first), // with its article
      plain: !text.startsWith("?"),
      text,
      lower: text,
      capital: false,
      opens: first.opens && i === 0,
      closes: last.closes && i === found.becomes.length - 1,
      stop: i === found.becomes.length - 1 ? last.stop : "",
    }));
    // What a phrase became may begin another one, but not the same one again.
    if (put[0]!.plain && found.words[0] !== put[0]!.lower) rest.push(...put.toReversed());
    else done.push(...put);
  }
  return whatFor(forMe(done));
}

/** "Explain it to me" and "fix it for me" say no more than "explain it"; "send it to me" does. */
function forMe(pieces: Piece[]): Piece[] {
  const [first, preposition, me] = [pieces[0], pieces.at(-2), pieces.at(-1)];
  if (first === undefined || pieces.length < 4 || me?.lower !== "@") return pieces;
  const told = first.text === "?explain" && preposition?.text === "to";
  const done = preposition?.text === "for" && doneForMe.test(first.text);
  return told || done ? pieces.slice(0, -2) : pieces;
}
const doneForMe =
  /^(?:\?explain|write|fix|refactor|convert|rewrite|summarize|review|debug|translate|optimize|simplify|describe)$/;

/** "What is x used for", "what does x mean", "what does x do" and "explain what x is" have the rest of their verb behind. */
function whatFor(pieces: Piece[]): Piece[] {
  const used = pieces.length - 2;
  const what = pieces[0]?.text === "?what" && pieces[used]?.lower === "used" && pieces[used + 1]?.lower === "for";
  if (what) return [{ ...pieces[0]!, text: "?purpose" }, ...pieces.slice(1, used)];
  const asked = !pieces.slice(1, -1).some(({ lower }) => lower === "should" || modals.has(lower) || polar.has(lower));
  const at = pieces.findIndex((one, i) => asksWhat.test(one.text) || (i === 0 && one.text === "what" && asked));
  if (at < 0) return pieces;
  const end = pieces.findIndex(
    ({ lower }, i) =>
      i > at &&
      kinds.has(lower) &&
      (i === pieces.length - 1 || places.has(pieces[i + 1]!.lower) || pieces[i + 1]!.opens),
  );
  if (end < 0) return pieces;
  const kind = { ...pieces[at]!, plain: false, text: kinds.get(pieces[end]!.lower)! };
  return [...pieces.slice(0, at), kind, ...pieces.slice(at + 1, end), ...pieces.slice(end + 1)];
}
const asksWhat = /^\?(?:what-does|explain-what)$/;
const kinds = new Map([
  ["do", "?what-it-does"],
  ["does", "?what-it-does"],
  ["mean", "?mean"],
  ["means", "?mean"],
  ["is", "?what"],
  ["are", "?what"],
]);
