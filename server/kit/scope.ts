import type { Clock } from "./clock.ts";

/** Three decimals: a microsecond, which is what the clock is good for. */
const toMicros = (ms: number): number => Math.round(ms * 1000) / 1000;

/** A stretch of a request's time, in milliseconds from its arrival. */
export interface Span<Name extends string = string> {
  readonly name: Name;
  readonly startMs: number;
  readonly durationMs: number;
  /** The attempt it belongs to, or null for the request as a whole. */
  readonly attempt: number | null;
}

/**
 * A lifetime that can be ended. Its end ends its children and runs what was left with `onEnd`, once.
 * Plain callbacks, no AbortController: measured, that alone costs a quarter of the throughput.
 */
export class Scope implements Disposable {
  readonly clock: Clock;
  /** When the request arrived, on the clock's monotonic scale; spans are measured from here. */
  readonly originMs: number;
  /** Shared by the whole tree. */
  readonly spans: Span[];
  /** Why it ended, or null while it lives. */
  why: string | null = null;
  #parent: Scope | null = null;
  #callbacks: ((why: string) => void)[] | null = null;
  readonly #endWithParent = (why: string) => this.end(why);

  private constructor(clock: Clock, originMs: number, spans: Span[]) {
    this.clock = clock;
    this.originMs = originMs;
    this.spans = spans;
  }

  static root(clock: Clock, originMs = clock.now()): Scope {
    return new Scope(clock, originMs, []);
  }

  /** A lifetime of its own within the same request: this one's end doesn't end it. */
  apart(): Scope {
    return new Scope(this.clock, this.originMs, this.spans);
  }

  child(): Scope {
    const child = new Scope(this.clock, this.originMs, this.spans);
    if (this.why !== null) child.why = this.why;
    else {
      child.#parent = this;
      this.onEnd(child.#endWithParent);
    }
    return child;
  }

  get ended(): boolean {
    return this.why !== null;
  }

  /** Runs `f` when the scope ends; at once when it has. */
  onEnd(f: (why: string) => void): void {
    if (this.why !== null) f(this.why);
    else if (this.#callbacks) this.#callbacks.push(f);
    else this.#callbacks = [f];
  }

  offEnd(f: (why: string) => void): void {
    const at = this.#callbacks?.indexOf(f) ?? -1;
    if (at >= 0) this.#callbacks!.splice(at, 1);
  }

  end(why = "ended"): void {
    if (this.why !== null) return;
    this.why = why;
    this.#parent?.offEnd(this.#endWithParent);
    this.#parent = null;
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (callbacks) for (const f of callbacks) f(why);
  }

  /** Milliseconds since the request's arrival, to the microsecond. */
  elapsed(): number {
    return toMicros(this.clock.now() - this.originMs);
  }

  /** Records a span that began `startMs` after the arrival and ends now. */
  span(name: string, startMs: number, attempt: number | null = null): void {
    this.spans.push({ name, startMs, durationMs: toMicros(this.elapsed() - startMs), attempt });
  }

  /** When the last span of this name ended, in milliseconds after the arrival. */
  endOf(name: string, attempt: number | null): number | null {
    for (let i = this.spans.length - 1; i >= 0; i--) {
      const span = this.spans[i]!;
      if (span.name === name && span.attempt === attempt) return span.startMs + span.durationMs;
    }
    return null;
  }

  [Symbol.dispose](): void {
    this.end();
  }
}
