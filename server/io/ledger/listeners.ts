import type { Clock, Timer } from "../../kit/clock.ts";
import { guarded, type Log } from "../../kit/log.ts";
import type { Meter } from "../../protocol/stats.ts";
import type { Trace, TraceAttempt } from "../../protocol/trace.ts";
import type { Entry } from "./entry.ts";

/** Milliseconds between two tellings of the meter. */
const meterMs = 250;

/** Who wants to hear what of the ledger. Of a trace they hear once, however many facts came together. */
export class Listeners {
  readonly #trace = new Set<(trace: Trace) => void>();
  readonly #ended = new Set<(trace: Trace) => void>();
  readonly #late = new Set<(trace: Trace, attempt: TraceAttempt) => void>();
  readonly #feedback = new Set<(trace: Trace) => void>();
  readonly #meter = new Set<(meter: Meter) => void>();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #readMeter: () => Meter;
  #news = new Set<Entry>();
  #newlyEnded: Entry[] = [];
  #meterChanged = false;
  #timer: Timer | null = null;

  constructor(clock: Clock, log: Log, meter: () => Meter) {
    this.#clock = clock;
    this.#log = log;
    this.#readMeter = meter;
  }

  onTrace(listener: (trace: Trace) => void): Disposable {
    return add(this.#trace, listener);
  }

  onEnded(listener: (trace: Trace) => void): Disposable {
    return add(this.#ended, listener);
  }

  onLate(listener: (trace: Trace, attempt: TraceAttempt) => void): Disposable {
    return add(this.#late, listener);
  }

  onFeedback(listener: (trace: Trace) => void): Disposable {
    return add(this.#feedback, listener);
  }

  onMeter(listener: (meter: Meter) => void): Disposable {
    return add(this.#meter, listener);
  }

  changed(entry: Entry): void {
    if (this.#trace.size > 0) this.#news.add(entry);
    this.#meterChanged = true;
  }

  ended(entry: Entry): void {
    this.#newlyEnded.push(entry);
  }

  fed(trace: Trace): void {
    for (const listener of this.#feedback) this.#guard(listener, trace);
  }

  late(trace: Trace, attempt: TraceAttempt): void {
    for (const listener of this.#late) guarded(this.#log, "a listener of the ledger", () => listener(trace, attempt));
  }

  tell(): void {
    const news = this.#news;
    if (news.size > 0) this.#news = new Set();
    for (const listener of this.#trace) for (const entry of news) this.#guard(listener, entry.trace);
    const ended = this.#newlyEnded;
    if (ended.length > 0) this.#newlyEnded = [];
    for (const listener of this.#ended) for (const entry of ended) this.#guard(listener, entry.trace);
    for (const entry of ended) entry.shrink();
    if (!this.#meterChanged || this.#meter.size === 0 || this.#timer) return;
    this.#timer = this.#clock.after(meterMs, () => {
      this.#timer = null;
      this.#meterChanged = false;
      guarded(this.#log, "the ledger's meter", () => {
        const meter = this.#readMeter();
        for (const listener of this.#meter) this.#guard(listener, meter);
      });
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #guard<T>(listener: (value: T) => void, value: T): void {
    guarded(this.#log, "a listener of the ledger", listener, value);
  }
}

function add<F>(listeners: Set<F>, listener: F): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
