import type { Clock, Timer } from "../../kit/clock.ts";

/**
 * When it opens. Fast failures cost nobody much: another model answers a moment later, so ten in a row are borne and a
 * hiccup disables nothing. Slow ones cost their whole wait each time: two that took ten seconds together are enough.
 */
const opens = { failures: 10, slowFailures: 2, waitedMs: 10_000 };
/** How long it stays open: doubled at each trial that fails, up to the longest. */
export const openMs = { first: 2_000, longest: 60_000 };

export interface CircuitHooks {
  /** The open time is over: it stays open until it is told `halfOpen` or `reopen`. */
  readonly due: () => void;
  /** What it lets through, or the words for it, have changed. */
  readonly changed: () => void;
}

/** An attempt's way through a circuit. */
export interface Pass {
  readonly stage: number;
}

/** Closed → open → half-open → closed, for one model or for the way to one provider. */
export class Circuit implements Disposable {
  readonly #clock: Clock;
  readonly #hooks: CircuitHooks;
  #state: "closed" | "open" | "half-open" = "closed";
  #stage = 0;
  #failures = 0;
  #waitedMs = 0;
  #nextMs = openMs.first;
  #trial: Pass | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, hooks: CircuitHooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Counts its states: what began in an earlier one knows nothing of this one. */
  get stage(): number {
    return this.#stage;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The one trial of a half-open circuit is under way. */
  get trying(): boolean {
    return this.#trial !== null;
  }

  /** Requests should pass it over now. */
  get broken(): boolean {
    return this.#state === "open" || this.#trial !== null;
  }

  /** An attempt begins: where a trial is free, it is the trial. */
  enter(): Pass {
    const pass: Pass = { stage: this.#stage };
    if (this.#state === "half-open" && this.#trial === null) {
      this.#trial = pass;
      this.#hooks.changed();
    }
    return pass;
  }

  /** The attempt needs the trial no more, if it had it: the next one may try. */
  release(pass: Pass): void {
    if (this.#trial !== pass) return;
    this.#trial = null;
    this.#hooks.changed();
  }

  /** Closes it, whatever was before. */
  success(): void {
    this.#failures = 0;
    this.#waitedMs = 0;
    this.#nextMs = openMs.first;
    if (this.#state !== "closed") this.#enterState("closed");
  }

  /** Late failures, of attempts that began before it opened, say nothing new. */
  failure(pass: Pass, tookMs: number, afterMs: number): void {
    if (pass.stage !== this.#stage || this.#state === "open") return;
    this.#failures++;
    this.#waitedMs += Math.max(0, tookMs);
    const slow = this.#failures >= opens.slowFailures && this.#waitedMs >= opens.waitedMs;
    if (this.#state === "half-open" || this.#failures >= opens.failures || slow) this.#open(afterMs);
  }

  /** It may be tried again; nothing to do unless it is open. */
  halfOpen(): void {
    if (this.#state === "open") this.#enterState("half-open");
  }

  /** It was looked at, and doesn't live. */
  reopen(): void {
    if (this.#state === "open") this.#open(0);
  }

  /** `afterMs`: when its server asked to be tried again. */
  #open(afterMs: number): void {
    this.#enterState("open");
    const ms = Math.min(openMs.longest, Math.max(this.#nextMs, afterMs));
    this.#nextMs = Math.min(openMs.longest, 2 * this.#nextMs);
    this.#timer = this.#clock.after(ms, this.#hooks.due);
  }

  #enterState(state: "closed" | "open" | "half-open"): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#trial = null;
    this.#state = state;
    this.#stage++;
    this.#hooks.changed();
  }

  /** For good: a look that is under way finds another stage and says nothing. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#stage++;
  }
}
