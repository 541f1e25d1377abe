import { isUtf8 } from "node:buffer";

/** A line that can't be read, and why. */
export interface BadLine {
  readonly code: "too_large" | "bad_request";
  readonly message: string;
}

/** What is waited for of a line at most, in bytes: as much as a request may have. */
const maxLineBytes = 33_554_432;

const newline = 0x0a;
const bom = "\ufeff";

/**
 * Cuts chunks into lines, without a promise a line: `take` gets each one that isn't empty, in order. A line that is too long
 * is thrown away as it comes, so that memory is bounded by one line and one chunk.
 */
export class Lines {
  readonly #take: (line: string | BadLine) => void;
  readonly #maxBytes: number;
  /** The beginning of a line whose end hasn't come. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #first = true;

  constructor(take: (line: string | BadLine) => void, maxBytes = maxLineBytes) {
    this.#take = take;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, at)) {
      this.#line(chunk.subarray(at, end));
      at = end + 1;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  /** The last line may come without its end. */
  end(): void {
    if (this.#restBytes > 0) this.#line(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    this.#restBytes += part.length;
    if (this.#restBytes <= this.#maxBytes) this.#rest.push(part);
    else this.#rest = [];
  }

  #line(tail: Buffer): void {
    const bytes = this.#restBytes + tail.length;
    const line = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail]);
    this.#rest = [];
    this.#restBytes = 0;
    const first = this.#first;
    this.#first = false;
    if (bytes > this.#maxBytes)
      return this.#take({
        code: "too_large",
        message: `The line is longer than ${this.#maxBytes} bytes. Shorten its prompt.`,
      });
    if (!isUtf8(line)) return this.#take({ code: "bad_request", message: "The line is not valid UTF-8." });
    const text = line.toString("utf8");
    const whole = first && text.startsWith(bom) ? text.slice(1) : text;
    if (/\S/.test(whole)) this.#take(whole);
  }
}
