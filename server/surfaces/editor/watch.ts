import type { Clock, Timer } from "../../kit/clock.ts";
import type { Trace } from "../../protocol/trace.ts";

/** Changes of one trace within this many milliseconds are told once. */
const togetherMs = 100;
/** Traces that may wait to be told; beyond it the one that waited longest is left out, and a fresh list shows it. */
const maxWaiting = 500;

/** Passes changed traces on to one window, each at most ten times a second and never faster than the window reads. */
export class TraceWatch implements Disposable {
  readonly #waiting = new Map<string, Trace>();
  readonly #clock: Clock;
  readonly #send: (trace: Trace) => Promise<void>;
  #timer: Timer | null = null;
  #sending = false;
  #ended = false;

  constructor(clock: Clock, send: (trace: Trace) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  changed(trace: Trace): void {
    if (this.#ended) return;
    this.#waiting.set(trace.id, trace);
    if (this.#waiting.size > maxWaiting) {
      for (const oldest of this.#waiting.keys()) {
        this.#waiting.delete(oldest);
        break;
      }
    }
    if (!this.#sending) this.#timer ??= this.#clock.after(togetherMs, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    this.#timer = null;
    this.#sending = true;
    const batch = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const trace of batch) if (!this.#ended) await this.#send(trace);
    this.#sending = false;
    if (this.#waiting.size > 0 && !this.#ended) this.#timer = this.#clock.after(togetherMs, () => void this.#flush());
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#waiting.clear();
  }
}
