import type { Event, Stream } from "../../server/domain/event.ts";
import { answered } from "../../server/domain/fault.ts";
import type { Clock } from "../../server/kit/clock.ts";
import type { Scope } from "../../server/kit/scope.ts";

export interface Seen {
  readonly event: Event;
  readonly atMs: number;
}

/** Who asked: reads as a surface does, as long as it is let. */
export class Client {
  readonly id: string;
  readonly scope: Scope;
  readonly seen: Seen[] = [];
  /** It has read to the end, or has left. */
  over = false;
  left = false;
  /** It has ever kept its answer waiting. */
  slow = false;
  /** What still listened to the request's scope when its answer had been read. */
  listeners = 0;
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #listening: () => number;
  #may: number;
  #reading = false;

  constructor(id: string, stream: Stream, scope: Scope, clock: Clock, listening: () => number, reads: number) {
    this.id = id;
    this.#may = reads;
    this.#stream = stream;
    this.scope = scope;
    this.#clock = clock;
    this.#listening = listening;
    void this.#read();
  }

  get text(): string {
    return this.seen.map(({ event }) => (event.type === "text" ? event.text : "")).join("");
  }
  get last(): Event | undefined {
    return this.seen.at(-1)?.event;
  }
  /** The models that it was told of, in their order. */
  get models(): readonly string[] {
    return this.seen.flatMap(({ event }) => (event.type === "decision" ? [event.decision.model] : []));
  }
  saw(type: Event["type"]): boolean {
    return this.seen.some(({ event }) => event.type === type);
  }

  cancel(why = "the client left"): void {
    this.scope.end(why);
  }
  /** Takes no more, once it has what it has asked for. */
  pause(): void {
    this.slow = true;
    this.#may = 0;
  }
  resume(): void {
    this.#may = Number.POSITIVE_INFINITY;
    void this.#read();
  }
  readOne(): void {
    if (this.#may !== 0 || this.#reading) return;
    this.#may = 1;
    void this.#read();
  }
  /** What it does with events fails, now or with the next: it reads no more, and then ends the scope. */
  leave(): void {
    if (this.left || this.over) return;
    this.left = true;
    if (!this.#reading) void this.#leave();
  }

  async #leave(): Promise<void> {
    await this.#stream.return?.();
    this.#end();
  }

  async #read(): Promise<void> {
    if (this.#reading || this.over || this.left) return;
    this.#reading = true;
    while (this.#may > 0) {
      const r = this.#stream.ready() ?? (await this.#stream.next());
      if (r.done) return this.#end();
      this.seen.push({ event: r.value, atMs: this.#clock.now() });
      if (this.left) return this.#leave();
      this.#may--;
    }
    this.#reading = false;
  }

  #end(): void {
    this.over = true;
    this.listeners = this.#listening();
    this.scope.end(answered);
  }
}
