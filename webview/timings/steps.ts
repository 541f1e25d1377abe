import type { Trace, TraceAttempt } from "../../server/protocol/trace.ts";
import { count, milliseconds, money } from "../kit/format.ts";
import type { Bar } from "./waterfall.ts";

/** One line of the table beside the picture. */
export interface Step {
  readonly label: string;
  readonly inside: boolean;
  readonly discarded: boolean;
  readonly cells: readonly string[];
  /** What an attempt that failed said; it has a line of its own. */
  readonly fault: string | null;
}

export const stepHeads = ["Step", "Start", "Duration", "First token", "Outcome", "Tokens", "Cost"] as const;

export function stepOf(trace: Trace, bar: Bar): Step {
  const attempt = attemptOf(trace, bar);
  const usage = attempt?.usage;
  const estimated = usage?.source === "estimate";
  return {
    label: bar.label,
    inside: bar.inside,
    discarded: bar.outcome === "discarded",
    cells: [
      unit(bar.startMs),
      lengthOf(bar, unit),
      bar.kind === "span" ? "" : unit(bar.firstMs),
      ended(bar, attempt),
      usage ? `${estimated ? "≈ " : ""}${count(usage.input)} → ${count(usage.output)}` : "",
      attempt ? money(attempt.costNanos, estimated) : "",
    ],
    fault: attempt?.error ? `${attempt.error.code}: ${attempt.error.message}` : null,
  };
}

/** How an attempt ended, in words: a judge or an embedder serves nobody, and of what was kept back it says until when. */
function ended({ outcome, hold }: Bar, attempt: TraceAttempt | undefined): string {
  if (outcome === null) return "";
  if (attempt?.role === "judge" && outcome === "served") return "verdict used";
  if (attempt?.role === "enrich" && outcome === "served") return "used";
  if (hold?.released) return `${outcome}, released at ${unit(hold.endMs)}`;
  return hold && outcome === "discarded" ? `${outcome}, held until ${unit(hold.endMs)}` : outcome;
}

const attemptOf = (trace: Trace, bar: Bar): TraceAttempt | undefined =>
  bar.kind === "attempt" && bar.attempt !== null ? trace.attempts[bar.attempt] : undefined;

/** A step whose end nobody saw, since its daemon was killed, doesn't run any more. */
export const lengthOf = (bar: Bar, write: (ms: number | null) => string): string =>
  bar.endMs !== null ? write(bar.endMs - bar.startMs) : bar.outcome === "running" ? "running" : write(null);

const unit = (ms: number | null): string => (ms === null ? "–" : `${milliseconds(ms)} ms`);
