/**
 * Changes top-level fields of a JSON object without touching any other character: what is only forwarded stays as its
 * sender wrote it (numbers, escapes, spaces), and a long history is never serialised again.
 * The text must hold one valid JSON object; parse it first.
 */
interface Field {
  readonly key: string;
  /** Where its key begins, and where its value does. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/** The index after the string whose opening quote is at `at`. */
function afterString(text: string, at: number): number {
  for (let end = at + 1; ; end++) {
    end = text.indexOf('"', end);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** The index after the value that begins at `at`. */
function afterValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === quote) return afterString(text, at);
  if (first === openBrace || first === openBracket) {
    let depth = 0;
    for (let i = at; ; ) {
      const c = text.charCodeAt(i);
      if (c === quote) {
        i = afterString(text, i);
        continue;
      }
      if (c === openBrace || c === openBracket) depth++;
      else if (c === closeBrace || c === closeBracket) depth--;
      i++;
      if (depth === 0) return i;
    }
  }
  let i = at;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === comma || c === closeBrace || isSpace(c)) break;
  }
  return i;
}

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The top-level fields whose key is one of `keys`, where their values stand. */
function fieldsOf(text: string, keys: readonly string[]): Field[] {
  const found: Field[] = [];
  let i = skipSpace(text, 0) + 1;
  for (;;) {
    i = skipSpace(text, i);
    if (text.charCodeAt(i) === comma) i = skipSpace(text, i + 1);
    if (text.charCodeAt(i) !== quote) return found; // the closing brace
    const at = i;
    const keyEnd = afterString(text, i);
    const raw = text.slice(i + 1, keyEnd - 1);
    const key = raw.includes("\\") ? (JSON.parse(text.slice(i, keyEnd)) as string) : raw;
    i = skipSpace(text, skipSpace(text, keyEnd) + 1); // past the colon
    const end = afterValue(text, i);
    if (keys.includes(key)) found.push({ key, at, start: i, end });
    i = end;
  }
}

export interface BodyEdit {
  readonly model: string;
  /** Ask the upstream to report usage at the end of its stream. */
  readonly includeUsage: boolean;
}

/** The body with the upstream's name of the model and, for a stream, the wish to hear its usage. */
export function editBody(text: string, edit: BodyEdit): string {
  const model = JSON.stringify(edit.model);
  let edited = "";
  let at = 0;
  let modelSeen = false;
  let optionsSeen = false;
  for (const field of fieldsOf(text, edit.includeUsage ? ["model", "stream_options"] : ["model"])) {
    let json = model;
    if (field.key === "model") modelSeen = true;
    else {
      optionsSeen = true;
      const options = JSON.parse(text.slice(field.start, field.end)) as Record<string, unknown> | null;
      if (options?.["include_usage"] === true) continue;
      json = JSON.stringify({ ...options, include_usage: true });
    }
    edited += text.slice(at, field.start) + json;
    at = field.end;
  }
  edited += text.slice(at);
  let head = modelSeen ? "" : `"model":${model},`;
  if (edit.includeUsage && !optionsSeen) head += '"stream_options":{"include_usage":true},';
  // An object without any field has no comma to spare, but a request body always has one.
  return head === "" ? edited : edited.replace("{", () => `{${head}`);
}

/** The object without its top-level fields of this name. */
export function withoutField(text: string, key: string): string {
  let edited = "";
  let from = 0;
  for (const field of fieldsOf(text, [key])) {
    const behind = skipSpace(text, field.end);
    const last = text.charCodeAt(behind) !== comma;
    const before = text.slice(from, field.at);
    // One comma goes with it: the one behind, or for the last field the one before.
    edited += last ? withoutComma(before) : before;
    from = last ? field.end : behind + 1;
  }
  return from === 0 ? text : edited + text.slice(from);
}

function withoutComma(text: string): string {
  const end = text.trimEnd();
  return end.endsWith(",") ? end.slice(0, -1) : text;
}
