/** A piece of a question as it was written. */
export interface Token {
  /** `word`: letters only, perhaps with an apostrophe. `code` and `quote`: between their marks. `exact`: everything else. */
  readonly kind: "word" | "code" | "quote" | "exact";
  readonly text: string;
  /** The first of a sentence, where a capital means nothing. */
  readonly opens: boolean;
  /** A comma, colon, … stood behind it. */
  readonly closes: boolean;
  /** A colon stood behind it: what follows may be what is spoken of. */
  readonly colon: boolean;
  /** The comma, colon or semicolon behind it, or "". */
  readonly stop: string;
}

const blank = /\s/;
const wordy = /[A-Za-z0-9_]/;
const word = /^[A-Za-z]+(?:'[A-Za-z]+)?$/;

/** Splits a text at its spaces, code and quotes. One way through: a mark that isn't closed is looked for only once. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const unclosed = new Set<string>();
  let opens = true;
  let inCall = false; // inside f(x, y): nothing there is an English word
  let at = 0;

  const push = (kind: Token["kind"], value: string, marks = "") => {
    const [closes, colon] = [/[,:;)]$/.test(marks), marks.endsWith(":")];
    tokens.push({ kind, text: value, opens, closes, colon, stop: /[,:;]/.exec(marks)?.[0] ?? "" });
    opens = false;
  };
  /** Where the mark that opens at `at` is closed, or -1. */
  const closing = (mark: string): number => {
    if (unclosed.has(mark)) return -1;
    let end = text.indexOf(mark, at + mark.length);
    while (mark === "'" && end > 0 && wordy.test(text[end + 1] ?? "")) end = text.indexOf(mark, end + 1);
    if (end < 0) unclosed.add(mark);
    return end;
  };

  while (at < text.length) {
    const first = text[at]!;
    if (blank.test(first)) {
      if (first === "\n") opens = true;
      at++;
      continue;
    }
    const mark = text.startsWith("```", at) ? "```" : "`\"'".includes(first) ? first : "";
    const end = mark === "" || inCall ? -1 : closing(mark);
    if (end >= 0) {
      const inside = text.slice(at + mark.length, end);
      at = end + mark.length;
      // The sentence's own marks behind a quote are not part of anything, but those in `a`?.b are.
      const marks = /^[.,;:?)]{1,3}(?=\s|$)/.exec(text.slice(at, at + 4))?.[0] ?? "";
      push(mark === "`" ? "code" : "quote", mark === "`" ? inside : mark + inside, marks);
      at += marks.length;
      continue;
    }
    let stop = at + 1;
    while (stop < text.length && !blank.test(text[stop]!) && (text[stop] !== "`" || inCall)) stop++;
    const run = text.slice(at, stop);
    at = stop;
    const called: boolean = inCall || /\w[([{<]/.test(run);
    inCall = called && balance(run) + (inCall ? 1 : 0) > 0;
    if (called) {
      push("exact", inCall ? run : endless(run, text, at));
      continue;
    }
    const bare = endless(unwrapped(run), text, at);
    if (bare === "") {
      push("exact", run);
    } else {
      push(word.test(bare) ? "word" : "exact", bare, run.slice(-2));
      if (/[.?!]$/.test(run) && !run.endsWith("..")) opens = true;
    }
  }
  return tokens;
}

/** How many brackets stay open. */
function balance(run: string): number {
  let open = 0;
  for (const c of run) open += "([{<".includes(c) ? 1 : ")]}>".includes(c) ? -1 : 0;
  return open;
}

/** A bracket that is closed later on is the sentence's; (x) may be a group of a regex. */
function unwrapped(run: string): string {
  return run.startsWith("(") && !run.includes(")") ? run.slice(1) : run;
}

/**
 * Without the marks that end a sentence or a clause, each once: `main..`, `main...` and `std::` mean something. A question
 * mark is one only at the end of a line, or before a capital and behind a plain word, and only once or, behind a plain word,
 * from three on; an exclamation mark never: `Int?` and `sort!` mean something.
 */
function endless(run: string, text: string, at: number): string {
  const atEnd = at >= text.length || /^\s*(?:\n|$)/.test(text.slice(at, at + 8));
  const beforeCapital = /^\s+[A-Z]/.test(text.slice(at, at + 8));
  let end = run.length - (atEnd ? (/^[a-z']+(\?{3,})$/.exec(run)?.[1]?.length ?? 0) : 0);
  let asked = end < run.length;
  while (end > 0) {
    const c = run[end - 1]!;
    if (".,;:".includes(c) && c !== run[end - 2]) end--;
    else if (c === "?" && !asked && (atEnd || (beforeCapital && /^[a-z']+$/.test(run.slice(0, end - 1))))) {
      asked = true;
      end--;
    } else if (c === ")" && !run.includes("(")) end--;
    else break;
  }
  return run.slice(0, end);
}
