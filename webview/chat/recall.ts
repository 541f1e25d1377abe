/** Earlier questions, for the arrow keys of the composer. What was being written waits at the end. */
export class Recall {
  readonly #questions: () => readonly string[];
  #at: number | null = null;
  #draft = "";

  constructor(questions: () => readonly string[]) {
    this.#questions = questions;
  }

  /** The question before, or null when there is none. */
  up(current: string): string | null {
    const all = this.#questions();
    if (this.#at === null) this.#draft = current;
    const next = (this.#at ?? all.length) - 1;
    const found = all[next];
    if (found === undefined) return null;
    this.#at = next;
    return found;
  }

  /** The question after, the draft past the last, or null when nothing was recalled. */
  down(): string | null {
    if (this.#at === null) return null;
    const next = this.#questions()[this.#at + 1];
    if (next === undefined) {
      this.#at = null;
      return this.#draft;
    }
    this.#at += 1;
    return next;
  }

  get active(): boolean {
    return this.#at !== null;
  }

  reset(): void {
    this.#at = null;
  }
}
