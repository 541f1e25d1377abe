import type { ExperimentConfig } from "../../protocol/experiment-config.ts";
import type { ArmReport, ExperimentReport } from "../../protocol/experiments.ts";
import type { Moments } from "./moments.ts";
import { alpha, around, compare, type Test } from "./sequential.ts";
import type { ArmTally, Tally } from "./tally.ts";
import { verdictOf } from "./verdict.ts";

export interface Standing {
  readonly state: ExperimentReport["state"];
  /** Each arm's part of the traffic now, 0…1. */
  readonly shares: readonly number[];
  /** Not all of its requests were counted. */
  readonly cut: boolean;
}

/** What an experiment's requests say by now. */
export function reportOf(e: ExperimentConfig, tally: Tally, { state, shares, cut }: Standing): ExperimentReport {
  const error = alpha / (e.arms.length - 1);
  const first = tally.arms[0]!;
  const tests = tally.arms.map((arm) => (arm === first ? null : compare(tested(arm, e), tested(first, e), error)));
  const arms = e.arms.map((arm, i): ArmReport => {
    const { name = arm.strategy, strategy } = arm;
    return { name, strategy, share: shares[i] ?? 0, ...figures(tally.arms[i]!), versus: versus(tests[i] ?? null) };
  });
  return {
    name: e.name,
    state,
    unit: e.unit,
    metric: e.metric,
    startsAt: e.startsAt ?? null,
    errorShare: error,
    cut,
    arms,
    verdict: verdictOf(
      e,
      state,
      arms,
      tests,
      tally.arms.map((arm) => tested(arm, e)),
      error,
    ),
  };
}

function figures(t: ArmTally): Omit<ArmReport, "name" | "strategy" | "share" | "versus"> {
  const { n: requests, units, mean: failed } = t.failed.moments;
  const reward = t.reward.moments;
  const own = around(reward, alpha, Math.max(reward.mean, 1 - reward.mean));
  return {
    stopped: t.stopped && {
      at: new Date(t.stopped.at).toISOString(),
      guardrail: t.stopped.guardrail,
      why: t.stopped.why,
    },
    requests,
    units,
    errors: Math.round(failed * requests),
    usd: { known: t.usd.n, mean: t.usd.n === 0 ? null : t.usdSum / t.usd.n },
    firstTokenMs: { known: t.ms.n, p50: median(t.firstTokens), mean: t.ms.n === 0 ? null : t.msSum / t.ms.n },
    reward: {
      known: reward.n,
      mean: reward.n === 0 ? null : reward.mean,
      low: own && Math.max(0, own.low),
      high: own && Math.min(1, own.high),
    },
  };
}

function tested(arm: ArmTally, { metric }: ExperimentConfig): Moments {
  switch (metric) {
    case "reward":
      return arm.reward.moments;
    case "cost":
      return arm.usd.moments;
    case "latency":
      return arm.ms.moments;
  }
}

const versus = (t: Test | null): ArmReport["versus"] =>
  t && { difference: t.difference, low: t.low, high: t.high, p: t.p };

/** By nearest rank: a value that was measured. */
function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Float64Array.from(values).sort()[Math.ceil(values.length / 2) - 1]!;
}
