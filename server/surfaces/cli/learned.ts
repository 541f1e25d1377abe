import { parseArgs } from "node:util";
import type { LearnedReport } from "../../protocol/learned.ts";
import { columns } from "./columns.ts";

export interface LearnedIo {
  readonly json: boolean;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly report: () => Promise<LearnedReport>;
  /** What was done until now counts no more. */
  readonly reset: () => Promise<LearnedReport>;
}

const usage = "usage: switchyard learned [--reset] [--json]";

/** `switchyard learned`: what was learned of each model at each task from what people did with its answers. */
export async function learnedCommand(args: readonly string[], io: LearnedIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { reset: { type: "boolean" } },
  });
  if (positionals.length > 0) {
    io.err(`learned: "${positionals[0]}" is not understood. ${usage}`);
    return 2;
  }
  const report = values.reset ? await io.reset() : await io.report();
  if (io.json) io.out(JSON.stringify(report));
  else for (const line of inWords(report)) io.out(line);
  return 0;
}

const share = (n: number): string => n.toFixed(2);
const signed = (n: number): string => `${n > 0 ? "+" : ""}${share(n)}`.replace(/^-0\.00$/, "0.00");

function inWords({ enabled, since, rows }: LearnedReport): string[] {
  const notes = [
    ...(since === null ? [] : [`Counted since ${since}, when it was reset.`]),
    ...(enabled ? [] : ["learner.enabled is off: nothing of this is used."]),
  ];
  if (rows.length === 0) return ["Nothing was learned yet.", ...notes];
  const heads = ["task", "model", "answers", "weight", "expected", "reward", "shift"];
  const cells = rows.map((r) => [
    r.task,
    r.model,
    String(r.answers),
    r.weight.toFixed(1),
    share(r.expected),
    share(r.reward),
    signed(r.shift),
  ]);
  return [...columns([heads, ...cells], [1]), ...notes];
}
