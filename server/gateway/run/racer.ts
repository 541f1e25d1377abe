import type { Event, Stream } from "../../domain/event.ts";
import type { ModelId } from "../../domain/model.ts";
import type { Scope } from "../../kit/scope.ts";

type Result = IteratorResult<Event, undefined>;

/** An attempt in a race, with the few events that it gave before its first content. */
export class Racer {
  readonly model: ModelId;
  /** Begun because those before it were late. */
  readonly hedge: boolean;
  readonly stream: Stream;
  readonly held: Event[] = [];
  /** Milliseconds from the request's arrival. */
  readonly startMs: number;
  readonly #scope: Scope;
  #listening = false;
  #heard: Result | null = null;

  constructor(model: ModelId, hedge: boolean, stream: Stream, scope: Scope, startMs = scope.elapsed()) {
    this.model = model;
    this.hedge = hedge;
    this.stream = stream;
    this.#scope = scope;
    this.startMs = startMs;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** What it has said since, or null. */
  ready(): Result | null {
    if (this.#listening) return null;
    const heard = this.#heard;
    this.#heard = null;
    return heard ?? this.stream.ready();
  }

  /** Waits for it alone. */
  wait(): Promise<void> {
    return this.stream.next().then(this.#hear);
  }

  readonly #hear = (r: Result): void => {
    this.#heard = r;
  };

  /** Calls `wake` when it says something. */
  listen(wake: () => void): void {
    if (this.#listening) return;
    this.#listening = true;
    void this.stream.next().then((r) => {
      this.#listening = false;
      this.#heard = r;
      wake();
    });
  }

  /** Ends it at the socket. */
  drop(why: string): void {
    this.#scope.end(why);
    void this.stream.return?.();
  }

  /** It has ended by itself. */
  over(): void {
    this.#scope.end("failed");
  }
}
