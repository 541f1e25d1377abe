import { parseArgs } from "node:util";
import type { ArmReport, ExperimentReport, ExperimentsReport } from "../../protocol/experiments.ts";
import { columns } from "./columns.ts";

export interface AbTestIo {
  readonly json: boolean;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly report: () => Promise<ExperimentsReport>;
}

const usage = "usage: switchyard ab-test [NAME] [--json] [--config FILE] [--data DIR]";

const howTo =
  'No experiment is configured. One is begun by the configuration\'s "experiments", for example:\n' +
  '  "experiments": [{ "name": "cheaper", "unit": "session", "metric": "cost",\n' +
  '                    "arms": [{ "strategy": "control" }, { "strategy": "cost-aggressive", "share": 0.2 }] }]';

/** `switchyard ab-test [NAME]`: what each experiment's arms came to, and the winner where there is one. */
export async function abTestCommand(args: readonly string[], io: AbTestIo): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  const [name] = positionals;
  if (positionals.length > 1) {
    io.err(`ab-test: one name at most. ${usage}`);
    return 2;
  }
  const { experiments } = await io.report();
  const shown = name === undefined ? experiments : experiments.filter((e) => e.name === name);
  if (name !== undefined && shown.length === 0) {
    const known = experiments.map((e) => e.name).join(", ");
    io.err(`ab-test: there is no experiment "${name}". ${known === "" ? howTo : `There are: ${known}.`}`);
    return 2;
  }
  if (io.json) io.out(JSON.stringify({ experiments: shown }));
  else if (shown.length === 0) io.out(howTo);
  else for (const line of shown.map(inWords).join("\n\n").split("\n")) io.out(line);
  return 0;
}

const head = ["arm", "strategy", "share", "requests", "errors", "$ a request", "first token p50", "reward"];

function inWords(e: ExperimentReport): string {
  const [first] = e.arms;
  const since = e.startsAt === null ? "" : `, from ${e.startsAt}`;
  const rows = [
    [...head, `against ${first?.name}, by ${e.metric}`, "p"],
    ...e.arms.map((arm) => [
      arm.name,
      arm.strategy,
      arm.stopped ? "stopped" : percent(arm.share),
      String(arm.requests),
      String(arm.errors),
      or(arm.usd.mean, (usd) => (usd === 0 ? "0" : usd.toPrecision(3))),
      or(arm.firstTokenMs.p50, (ms) => `${Math.round(ms)} ms`),
      reward(arm),
      or(arm.versus, (v) => `${signed(v.difference, e)} (${signed(v.low, e)} to ${signed(v.high, e)})`),
      or(arm.versus, (v) => (v.p < 0.0001 ? "< 0.0001" : v.p.toFixed(4))),
    ]),
  ];
  const notes = e.arms.flatMap((arm) =>
    arm.stopped ? [`${arm.name} was stopped by the guardrail "${arm.stopped.guardrail}": ${arm.stopped.why}.`] : [],
  );
  if (e.cut) notes.push("Only its first requests are counted: there are too many.");
  const bound = `p is valid at any time; a winner's is ${Number(e.errorShare.toPrecision(2))} at most.`;
  return [
    `${e.name}: ${e.state}, an arm for each ${e.unit}${since}`,
    ...columns(rows, [1]).map((line) => `  ${line}`),
    ...notes,
    `${e.verdict.says} ${bound}`,
  ].join("\n");
}

const or = <T>(value: T | null, print: (value: T) => string): string => (value === null ? "-" : print(value));
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

function reward({ reward: { known, mean, low, high } }: ArmReport): string {
  if (mean === null) return "-";
  const range = low === null || high === null ? "" : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `${mean.toFixed(2)}${range} of ${known}`;
}

function signed(value: number, { metric }: ExperimentReport): string {
  const size = Math.abs(value);
  const text =
    metric === "reward" ? size.toFixed(2) : metric === "cost" ? `$${size.toPrecision(2)}` : `${Math.round(size)} ms`;
  return /[1-9]/.test(text) ? `${value < 0 ? "-" : "+"}${text}` : text;
}
