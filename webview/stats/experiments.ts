import type { ArmReport, ExperimentReport } from "../../server/protocol/experiments.ts";
import { count, duration, money, percent } from "../kit/format.ts";
import type { Table } from "./table.ts";

/** What each experiment's arms came to, a table each. */
export const experimentTables = (experiments: readonly ExperimentReport[]): Table[] =>
  experiments.map((e) => ({
    title: `Experiment ${e.name}`,
    note: noteOf(e),
    head: [
      ...["Arm", "Share now", "Requests", "Failed", `Against ${e.arms[0]?.name}`, "p"],
      ...["Each request", "First\u00a0token p50", "Reward"],
    ],
    rows: e.arms.map((arm) => [
      arm.name === arm.strategy ? arm.name : `${arm.name} (${arm.strategy})`,
      arm.stopped ? "stopped" : percent(arm.share),
      count(arm.requests),
      count(arm.errors),
      arm.versus ? `${signed(e, arm.versus.difference)} (${rangeOf(e, arm.versus)})` : "–",
      arm.versus ? (arm.versus.p < 0.0001 ? "< 0.0001" : arm.versus.p.toFixed(4)) : "–",
      arm.usd.mean === null ? "–" : dollars(arm.usd.mean),
      duration(arm.firstTokenMs.p50),
      rewardOf(arm),
    ]),
  }));

const states: Record<ExperimentReport["state"], string> = {
  running: "Running",
  waiting: "Waits for the experiment before it in the configuration",
  planned: "Has not begun",
  off: "Off",
};
const compared: Record<ExperimentReport["metric"], string> = {
  reward: "what was made of the answers (0 to 1)",
  cost: "dollars a request",
  latency: "time to the first token",
};

/** The verdict, and how to read it. All of its requests count, whatever period is chosen. */
function noteOf(e: ExperimentReport): string {
  const stopped = e.arms.flatMap((arm) => (arm.stopped ? [`${arm.name} was stopped: ${arm.stopped.why}.`] : []));
  const how = `Compared by ${compared[e.metric]}, an arm for each ${e.unit}, over all of its requests. Intervals and p hold however often one looks; a winner's p is ${Number(e.errorShare.toPrecision(2))} at most.`;
  return [`${states[e.state]}. ${e.verdict.says}`, ...stopped, how].join(" ");
}

function rewardOf({ reward: { known, mean, low, high } }: ArmReport): string {
  if (mean === null) return "–";
  const range = low === null || high === null ? "" : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `${mean.toFixed(2)}${range} of ${count(known)}`;
}

const dollars = (usd: number): string => money(Math.round(usd * 1e9));

/** A difference in the metric's unit, with its sign. */
export function signed({ metric }: ExperimentReport, value: number): string {
  const size = Math.abs(value);
  const text = metric === "reward" ? size.toFixed(2) : metric === "cost" ? dollars(size) : duration(size);
  return /[1-9]/.test(text) ? `${value < 0 ? "−" : "+"}${text}` : text;
}

export const rangeOf = (e: ExperimentReport, { low, high }: { readonly low: number; readonly high: number }): string =>
  `${signed(e, low)} to ${signed(e, high)}`;
