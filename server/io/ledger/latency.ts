import type { Latency } from "../../domain/latency.ts";
import type { Trace } from "../../protocol/trace.ts";

/** Newest measurements kept of each model, and models kept; and how few tell nothing of the slowest. */
const limits = { each: 200, models: 256, tail: 20 };

/** `n`: how many measurements it is made of. */
export interface MeasuredLatency extends Latency {
  readonly n: number;
}

/** How long an attempt's first token was waited for. Not `whole`: until it was dropped, and it would have taken longer. */
interface Wait {
  readonly ms: number;
  readonly whole: boolean;
}

/** Time to first token by model, in milliseconds from an attempt's start, over the newest streamed attempts. */
export class LatencyWindow {
  readonly #waits = new Map<string, Wait[]>();
  #result: ReadonlyMap<string, MeasuredLatency> | null = null;

  add(trace: Trace): void {
    if (!trace.stream) return; // an answer in one piece has no first token
    for (const [i, a] of trace.attempts.entries()) {
      if (!a || a.role === "judge" || a.role === "enrich") continue; // not streamed, whatever their request is
      if (a.firstTokenMs !== null)
        this.#keep(a.model, { ms: a.firstTokenMs - a.startMs - loadingMs(trace, i), whole: true });
      else if (a.outcome === "discarded" && a.endMs !== null)
        this.#keep(a.model, { ms: a.endMs - a.startMs, whole: false });
    }
  }

  #keep(model: string, wait: Wait): void {
    let waits = this.#waits.get(model);
    if (!waits) {
      if (this.#waits.size >= limits.models) return;
      waits = [];
      this.#waits.set(model, waits);
    }
    if (waits.length >= 2 * limits.each) waits.splice(0, limits.each);
    waits.push(wait);
    this.#result = null;
  }

  result(): ReadonlyMap<string, MeasuredLatency> {
    if (!this.#result) {
      const result = new Map<string, MeasuredLatency>();
      for (const [model, waits] of this.#waits) {
        const latency = latencyOf(waits.slice(-limits.each));
        if (latency) result.set(model, latency);
      }
      this.#result = result;
    }
    return this.#result;
  }
}

/** What an attempt that had begun waited for its model to be loaded: that says nothing of the next one's time. */
function loadingMs({ spans, attempts }: Trace, i: number): number {
  let ms = 0;
  for (const s of spans)
    if (s.name === "queue" && s.attempt === i && s.startMs >= attempts[i]!.startMs) ms += s.durationMs;
  return ms;
}

/**
 * Percentiles by nearest rank. Of an attempt that was dropped before its first token (a hedge was sooner, a judge decided
 * otherwise) only a lower bound is known. Left out, the slow ones were missing, p95 sank, and the next hedge started sooner
 * still; taken for its time, a hedge that lost after a moment would count as quick. So it counts among those that still
 * waited, up to its bound (Kaplan and Meier's estimate). Null for a model that was never seen to answer.
 */
function latencyOf(waits: readonly Wait[]): MeasuredLatency | null {
  if (!waits.some((w) => w.whole)) return null;
  const sorted = waits.toSorted((a, b) => a.ms - b.ms || Number(b.whole) - Number(a.whole));
  const longest = sorted.at(-1)!.ms;
  const at = (p: number): number => {
    let waiting = 1;
    for (const [i, w] of sorted.entries()) {
      if (w.whole) waiting *= 1 - 1 / (sorted.length - i);
      if (waiting <= 1 - p + 1e-9) return w.ms;
    }
    return longest; // more were dropped than that: it is at least so much
  };
  const p95 = at(0.95);
  const slowest = sorted.filter((w) => w.ms >= p95);
  return {
    p50: at(0.5),
    p95,
    tail: sorted.length < limits.tail ? null : slowest.reduce((sum, w) => sum + w.ms, 0) / slowest.length,
    n: sorted.length,
  };
}
