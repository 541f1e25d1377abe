import type { Trace } from "../../protocol/trace.ts";
import { percentiles } from "./statistics.ts";

/** Newest measurements kept of each model, and models kept. */
const limits = { each: 200, models: 256 };

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly n: number;
}

/** Time to first token by model, in milliseconds from an attempt's start, over the newest streamed attempts. */
export class LatencyWindow {
  readonly #values = new Map<string, number[]>();
  #result: ReadonlyMap<string, Latency> | null = null;

  add(trace: Trace): void {
    if (!trace.stream) return; // an answer in one piece has no first token
    for (const a of trace.attempts) {
      if (a.firstTokenMs === null) continue;
      let values = this.#values.get(a.model);
      if (!values) {
        if (this.#values.size >= limits.models) continue;
        values = [];
        this.#values.set(a.model, values);
      }
      if (values.length >= 2 * limits.each) values.splice(0, limits.each);
      values.push(a.firstTokenMs - a.startMs);
      this.#result = null;
    }
  }

  result(): ReadonlyMap<string, Latency> {
    this.#result ??= new Map(
      [...this.#values].map(([model, all]) => {
        const newest = all.slice(-limits.each);
        const { p50, p95 } = percentiles(newest);
        return [model, { p50: p50 ?? 0, p95: p95 ?? 0, n: newest.length }];
      }),
    );
    return this.#result;
  }
}
