import type { ModelId } from "../domain/model.ts";
import type { Clock } from "../kit/clock.ts";

/** Conversations that are remembered at once. */
const most = 2_000;
/** Milliseconds for which a provider keeps a prompt at hand: the shortest that a known one promises. */
const keptMs = 300_000;

/** Who answered last in each conversation, while its provider may still have the prompt at hand. */
export class Conversations {
  readonly #clock: Clock;
  readonly #last = new Map<string, { readonly model: ModelId; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  answered(conversation: string, model: ModelId): void {
    this.#last.delete(conversation);
    this.#last.set(conversation, { model, atMs: this.#clock.now() });
    if (this.#last.size > most) this.#last.delete(this.#last.keys().next().value!);
  }

  last(conversation: string): ModelId | null {
    const last = this.#last.get(conversation);
    return last && this.#clock.now() - last.atMs < keptMs ? last.model : null;
  }
}
