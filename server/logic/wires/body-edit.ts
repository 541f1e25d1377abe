/**
 * Changes top-level fields of a JSON object without touching any other byte: what is only forwarded stays as its sender
 * wrote it (numbers, escapes, spaces), and a long history is never serialised again.
 * The bytes must hold one valid JSON object; parse them first.
 */
interface Field {
  readonly key: string;
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
const isSpace = (b: number | undefined): boolean => b === 0x20 || b === 0x0a || b === 0x0d || b === 0x09;

/** The index after the string whose opening quote is at `at`. */
function afterString(bytes: Buffer, at: number): number {
  for (let end = at + 1; ; end++) {
    end = bytes.indexOf(quote, end);
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** The index after the value that begins at `at`. */
function afterValue(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === quote) return afterString(bytes, at);
  if (first === openBrace || first === openBracket) {
    let depth = 0;
    for (let i = at; ; ) {
      const b = bytes[i];
      if (b === quote) {
        i = afterString(bytes, i);
        continue;
      }
      if (b === openBrace || b === openBracket) depth++;
      else if (b === closeBrace || b === closeBracket) depth--;
      i++;
      if (depth === 0) return i;
    }
  }
  let i = at;
  while (i < bytes.length && bytes[i] !== comma && bytes[i] !== closeBrace && !isSpace(bytes[i])) i++;
  return i;
}

function skipSpace(bytes: Buffer, at: number): number {
  while (isSpace(bytes[at])) at++;
  return at;
}

/** The top-level fields whose key is one of `keys`, where their values stand. */
function fieldsOf(bytes: Buffer, keys: readonly string[]): Field[] {
  const found: Field[] = [];
  let i = skipSpace(bytes, 0) + 1;
  for (;;) {
    i = skipSpace(bytes, i);
    if (bytes[i] === comma) i = skipSpace(bytes, i + 1);
    if (bytes[i] !== quote) return found; // the closing brace
    const keyEnd = afterString(bytes, i);
    const raw = bytes.toString("latin1", i + 1, keyEnd - 1);
    const key = raw.includes("\\") ? (JSON.parse(bytes.toString("utf8", i, keyEnd)) as string) : raw;
    i = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1); // past the colon
    const end = afterValue(bytes, i);
    if (keys.includes(key)) found.push({ key, start: i, end });
    i = end;
  }
}

/** One piece of new JSON in place of the bytes from `start` to `end`. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly json: string;
}

function splice(bytes: Buffer, splices: readonly Splice[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const s of [...splices].sort((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(at, s.start), Buffer.from(s.json));
    at = s.end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

export interface BodyEdit {
  readonly model: string;
  /** Ask the upstream to report usage at the end of its stream. */
  readonly includeUsage: boolean;
}

/** The body with the upstream's name of the model and, for a stream, the wish to hear its usage. */
export function editBody(bytes: Buffer, edit: BodyEdit): Buffer {
  const fields = fieldsOf(bytes, edit.includeUsage ? ["model", "stream_options"] : ["model"]);
  const start = bytes.indexOf(openBrace) + 1;
  const splices: Splice[] = [];
  const model = JSON.stringify(edit.model);
  let optionsSeen = false;
  let modelSeen = false;
  for (const field of fields) {
    if (field.key === "model") {
      modelSeen = true;
      splices.push({ start: field.start, end: field.end, json: model });
      continue;
    }
    optionsSeen = true;
    const options = JSON.parse(bytes.toString("utf8", field.start, field.end)) as Record<string, unknown> | null;
    if (options?.["include_usage"] === true) continue;
    splices.push({ start: field.start, end: field.end, json: JSON.stringify({ ...options, include_usage: true }) });
  }
  let head = modelSeen ? "" : `"model":${model},`;
  if (edit.includeUsage && !optionsSeen) head += '"stream_options":{"include_usage":true},';
  // An object without any field has no comma to spare, but a request body always has one.
  if (head !== "") splices.push({ start, end: start, json: head });
  return splice(bytes, splices);
}
