import type { Trace } from "../../server/protocol/trace.ts";

/** One line of the picture and of the table beside it. Milliseconds from the request's arrival. */
export interface Bar {
  readonly kind: "span" | "attempt";
  readonly label: string;
  /** How it ended, in a word; of a span nothing. */
  readonly outcome: "served" | "discarded" | "cancelled" | "failed" | "running" | null;
  readonly startMs: number;
  /** Null while it runs. */
  readonly endMs: number | null;
  /** An attempt's first token: it waits before and streams after. */
  readonly firstMs: number | null;
  /** Spans of an attempt stand below it. */
  readonly inside: boolean;
  /** The attempt's place in its trace. */
  readonly attempt: number | null;
}

export interface Waterfall {
  readonly bars: readonly Bar[];
  /** Where the axis ends. */
  readonly endMs: number;
  readonly ticks: readonly number[];
  readonly running: boolean;
}

/** All that is known of when what happened, in the order in which it began; each attempt is followed by its spans. */
export function waterfall(trace: Trace, mostTicks = 6): Waterfall {
  const groups: Bar[][] = [];
  const spanBar = (s: Trace["spans"][number], inside: boolean): Bar => ({
    kind: "span",
    label: s.name,
    outcome: null,
    startMs: s.startMs,
    endMs: s.startMs + s.durationMs,
    firstMs: null,
    inside,
    attempt: s.attempt,
  });
  const started = (a: Bar, b: Bar): number => a.startMs - b.startMs;
  for (const span of trace.spans)
    if (span.attempt === null || !trace.attempts[span.attempt]) groups.push([spanBar(span, false)]);
  trace.attempts.forEach((a, i) => {
    // A running trace may have told of a later attempt first.
    if (!a) return;
    const inner = trace.spans.filter((s) => s.attempt === i).map((s) => spanBar(s, true));
    const bar: Bar = {
      kind: "attempt",
      label: `${a.model} (${a.role})`,
      outcome: a.outcome ?? (trace.status === "running" ? "running" : "failed"),
      startMs: a.startMs,
      endMs: a.endMs,
      firstMs: a.firstTokenMs,
      inside: false,
      attempt: i,
    };
    groups.push([bar, ...inner.sort(started)]);
  });
  groups.sort(([a], [b]) => a!.startMs - b!.startMs);
  const bars = groups.flat();
  const known = bars.flatMap((b) => [b.startMs, b.endMs ?? b.startMs, b.firstMs ?? b.startMs]);
  const last = Math.max(trace.totalMs ?? 0, ...known);
  const running = trace.status === "running";
  // What still runs needs room to be seen.
  const endMs = last === 0 ? 1 : running ? last * 1.15 : last;
  return { bars, endMs, ticks: ticks(endMs, mostTicks), running };
}

/** Round places on an axis from 0: steps of 1, 2 or 5 times a power of ten, `most` at most. */
export function ticks(endMs: number, most = 6): number[] {
  const rough = endMs / (most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power * 10;
  const found: number[] = [];
  for (let i = 0; i * step <= endMs * (1 + 1e-9); i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** A piece of a bar as shares of the axis. What is too short to be seen gets the least width that can be. */
export interface Piece {
  readonly what: "wait" | "stream" | "whole";
  readonly x: number;
  readonly width: number;
}
const least = 0.005;

export function piecesOf(bar: Bar, endMs: number): Piece[] {
  const at = (ms: number): number => Math.min(1, Math.max(0, ms / endMs));
  const piece = (what: Piece["what"], from: number, to: number): Piece => {
    const width = Math.max(least, at(to) - at(from));
    return { what, x: Math.min(at(from), 1 - width), width };
  };
  const end = bar.endMs ?? endMs;
  if (bar.kind === "span") return [piece("whole", bar.startMs, end)];
  if (bar.firstMs === null) return [piece("wait", bar.startMs, end)];
  return [piece("wait", bar.startMs, bar.firstMs), piece("stream", bar.firstMs, end)];
}
