import type { Fate, Sin } from "./run.ts";

/** One line of the table: how the requests fared that met this fault first. */
export interface Line {
  readonly fault: string;
  readonly requests: number;
  /** Answered by the first attempt. */
  readonly atOnce: number;
  /** Answered at another try or by another model. */
  readonly rescued: number;
  /** Told of an error before any text. */
  readonly refused: number;
  /** Told of an error after some text. */
  readonly brokenOff: number;
  readonly hung: number;
  readonly garbled: number;
  readonly falseSuccess: number;
  readonly traces: number;
  readonly untrue: number;
}

const none = "no fault";

export function linesOf(fates: readonly Fate[], order: readonly string[]): Line[] {
  const met = new Set(fates.map((f) => f.fault ?? none));
  const names = [none, ...order].filter((name) => met.has(name));
  return [
    ...names.map((name) =>
      line(
        name,
        fates.filter((f) => (f.fault ?? none) === name),
      ),
    ),
    line("all", fates),
  ];
}

function line(fault: string, fates: readonly Fate[]): Line {
  const count = (test: (f: Fate) => boolean): number => fates.filter(test).length;
  const sinned = (...of: readonly Sin[]): number => count((f) => f.sins.some((s) => of.includes(s.sin)));
  return {
    fault,
    requests: fates.length,
    atOnce: count((f) => f.as === "whole" && f.attempts === 1),
    rescued: count((f) => f.as === "whole" && f.attempts !== 1),
    refused: count((f) => f.as === "refused"),
    brokenOff: count((f) => f.as === "broken-off"),
    hung: sinned("hung"),
    garbled: sinned("text", "nonsense"),
    falseSuccess: sinned("false success"),
    traces: fates.reduce((n, f) => n + f.traces, 0),
    untrue: sinned("untrue trace"),
  };
}

const heads: Readonly<Record<keyof Line, string>> = {
  fault: "met first",
  requests: "requests",
  atOnce: "ok at once",
  rescued: "ok after it",
  refused: "refused",
  brokenOff: "broken off",
  hung: "hung",
  garbled: "garbled",
  falseSuccess: "false ok",
  traces: "traces",
  untrue: "untrue",
};

export function printed(lines: readonly Line[]): string {
  const keys = Object.keys(heads) as (keyof Line)[];
  const rows = [heads, ...lines].map((l) => keys.map((k) => String(l[k])));
  const widths = keys.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows
    .map((r) => r.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join("  "))
    .join("\n");
}
