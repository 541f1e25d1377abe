import type { ModelId } from "../domain/model.ts";
import type { Clock } from "../kit/clock.ts";
import type { Trace } from "../protocol/trace.ts";

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

  ended({ session, status, kind, decision, attempts }: Trace): void {
    if (session === null || status !== "ok" || kind !== "chat") return;
    const model = attempts.findLast((a) => a.outcome === "served" && a.role !== "judge" && a.role !== "enrich")?.model;
    if (model === undefined || decision === null || decision.route === "meta") return; // beside the conversation
    this.#last.delete(session);
    this.#last.set(session, { model, atMs: this.#clock.now() });
    if (this.#last.size > most) this.#last.delete(this.#last.keys().next().value!);
  }

  last(session: string): ModelId | null {
    const last = this.#last.get(session);
    return last && this.#clock.now() - last.atMs < keptMs ? last.model : null;
  }
}
