import type { LlamaModel, Token } from "./library.ts";

/** Bytes of one character may be spread over this many tokens; what is still broken then is broken for good. */
const maxPieces = 4;
/** How many tokens before a piece decide whether it begins with a space. */
const memory = 8;

/** Turns tokens into text as they come, never in the middle of a character. */
export class Speller {
  readonly #model: Pick<LlamaModel, "detokenize">;
  #before: Token[];
  #pending: Token[] = [];

  constructor(model: Pick<LlamaModel, "detokenize">, prompt: readonly Token[]) {
    this.#model = model;
    this.#before = prompt.slice(-memory);
  }

  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#model.detokenize(this.#pending, false, this.#before);
    if (text.endsWith("\uFFFD") && this.#pending.length < maxPieces) return "";
    return this.#take(text);
  }

  /** What is left at the end. */
  flush(): string {
    if (this.#pending.length === 0) return "";
    return this.#take(this.#model.detokenize(this.#pending, false, this.#before));
  }

  #take(text: string): string {
    this.#before = [...this.#before, ...this.#pending].slice(-memory);
    this.#pending = [];
    return text;
  }
}

/** Passes text on up to the first stop sequence, and holds back what may become one. */
export class Stopper {
  readonly #stops: readonly string[];
  #held = "";
  /** A stop sequence was met. */
  stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  push(text: string): string {
    if (this.stopped) return "";
    if (this.#stops.length === 0) return text;
    const all = this.#held + text;
    let end = -1;
    for (const stop of this.#stops) {
      const at = all.indexOf(stop);
      if (at >= 0 && (end < 0 || at < end)) end = at;
    }
    if (end >= 0) {
      this.stopped = true;
      this.#held = "";
      return all.slice(0, end);
    }
    let keep = 0;
    for (const stop of this.#stops) {
      for (let n = Math.min(stop.length - 1, all.length); n > keep; n--) {
        if (all.endsWith(stop.slice(0, n))) {
          keep = n;
          break;
        }
      }
    }
    this.#held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }

  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}
