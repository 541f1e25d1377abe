import type { SpanName, Trace, TraceAttempt } from "../../server/protocol/trace.ts";

/** One line of the picture and of the table beside it. Milliseconds from the request's arrival. */
export interface Bar {
  readonly kind: "span" | "attempt" | "memory";
  readonly label: string;
  /** How it ended, in a word; of a span nothing. */
  readonly outcome: "served" | "discarded" | "cancelled" | "failed" | "running" | null;
  readonly startMs: number;
  /** Null while it runs. */
  readonly endMs: number | null;
  /** An answer's first token: it waits before and streams after. */
  readonly firstMs: number | null;
  /** Its answer was kept back until a judge had spoken: when that ended, and whether the answer was then passed on. */
  readonly hold: { readonly endMs: number; readonly released: boolean } | null;
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

type Span = Trace["spans"][number];

/** Spans whose name alone says too little. */
const words: Partial<Record<SpanName, string>> = {
  recall: "recall: looked into memory",
  hold: "hold: kept back for the judge",
  queue: "queue: waited for a place",
};
const loading = "queue: the model was being loaded";

/** It waited when it had its place already. */
const afterStart = ({ attempt, startMs }: Span, { attempts }: Trace): boolean =>
  attempt !== null && startMs >= (attempts[attempt]?.startMs ?? Infinity);

/** Whose span it is. A hold that ended before its attempt was answered at all doesn't know: it is the early one's. */
function attemptOf(span: Span, { attempts }: Trace): number | null {
  if (span.attempt !== null) return attempts[span.attempt] ? span.attempt : null;
  if (span.name !== "hold") return null;
  const early = attempts.findIndex((a) => a?.role === "speculative");
  return early < 0 ? null : early;
}

function holdOf(spans: readonly Span[], a: TraceAttempt, trace: Trace): Bar["hold"] {
  const span = spans.find((s) => s.name === "hold");
  if (!span) return null;
  // One that broke off was released if anything of it can have reached the client.
  const broke = a.outcome === "cancelled" || a.outcome === "failed";
  const released = a.outcome === "served" || (broke && a.firstTokenMs !== null && trace.ttftMs !== null);
  return { endMs: span.startMs + span.durationMs, released };
}

/** The answer of a request that asked no model: what it took to give it is all that there is to see. */
function memoryBar({ recalled, cache, spans, status, ttftMs, totalMs }: Trace): Bar | null {
  if (!recalled) return null;
  const recall = spans.find((s) => s.name === "recall");
  return {
    kind: "memory",
    label: cache === "joined" ? "answer of a request that ran" : "answer from memory",
    outcome: status === "ok" ? "served" : status === "cancelled" ? "cancelled" : "failed",
    startMs: recall ? recall.startMs + recall.durationMs : 0,
    endMs: totalMs,
    firstMs: ttftMs,
    hold: null,
    inside: false,
    attempt: null,
  };
}

/** All that is known of when what happened, in the order in which it began; each attempt is followed by its spans. */
export function waterfall(trace: Trace, mostTicks = 6): Waterfall {
  const groups: Bar[][] = [];
  const spanBar = (s: Span, inside: boolean): Bar => ({
    kind: "span",
    label: s.name === "queue" && afterStart(s, trace) ? loading : (words[s.name] ?? s.name),
    outcome: null,
    startMs: s.startMs,
    endMs: s.startMs + s.durationMs,
    firstMs: null,
    hold: null,
    inside,
    attempt: s.attempt,
  });
  const started = (a: Bar, b: Bar): number => a.startMs - b.startMs;
  for (const span of trace.spans) if (attemptOf(span, trace) === null) groups.push([spanBar(span, false)]);
  trace.attempts.forEach((a, i) => {
    // A running trace may have told of a later attempt first.
    if (!a) return;
    const own = trace.spans.filter((s) => attemptOf(s, trace) === i);
    const bar: Bar = {
      kind: "attempt",
      label: `${a.model} (${a.role})`,
      outcome: a.outcome ?? (trace.status === "running" ? "running" : "failed"),
      startMs: a.startMs,
      endMs: a.endMs,
      firstMs: a.firstTokenMs,
      hold: holdOf(own, a, trace),
      inside: false,
      attempt: i,
    };
    groups.push([bar, ...own.map((s) => spanBar(s, true)).sort(started)]);
  });
  const memory = memoryBar(trace);
  if (memory) groups.push([memory]);
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
  readonly what: "wait" | "held" | "stream" | "whole";
  readonly x: number;
  readonly width: number;
}
const least = 0.005;

const placeOf = (ms: number, endMs: number): number => Math.min(1, Math.max(0, ms / endMs));

/** Where on the axis an answer that was kept back was released; null: it never was. */
export const releaseOf = ({ hold }: Bar, endMs: number): number | null =>
  hold?.released ? placeOf(hold.endMs, endMs) : null;

export function piecesOf(bar: Bar, endMs: number): Piece[] {
  const at = (ms: number): number => placeOf(ms, endMs);
  const piece = (what: Piece["what"], from: number, to: number): Piece => {
    const width = Math.max(least, at(to) - at(from));
    return { what, x: Math.min(at(from), 1 - width), width };
  };
  const end = bar.endMs ?? endMs;
  if (bar.kind === "span") return [piece("whole", bar.startMs, end)];
  if (bar.firstMs === null) return [piece("wait", bar.startMs, end)];
  const wait = piece("wait", bar.startMs, bar.firstMs);
  if (bar.hold === null || (bar.hold.released && bar.hold.endMs <= bar.firstMs))
    return [wait, piece("stream", bar.firstMs, end)];
  if (!bar.hold.released) return [wait, piece("held", bar.firstMs, end)];
  const released = Math.min(bar.hold.endMs, end);
  return [wait, piece("held", bar.firstMs, released), piece("stream", released, end)];
}
