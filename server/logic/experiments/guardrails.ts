import type { ExperimentConfig } from "../../protocol/experiment-config.ts";
import type { guardrailNames } from "../../protocol/experiments.ts";
import type { Moments, Running } from "./moments.ts";
import { alpha, compare } from "./sequential.ts";

export interface Hit {
  readonly guardrail: (typeof guardrailNames)[number];
  readonly why: string;
}

interface Watched {
  readonly failed: Running;
  readonly usd: Running;
  readonly ms: Running;
}

/**
 * Whether an arm does more harm than is put up with: by the same sequential test as the winner's, so that chance stops a good
 * arm in at most one of twenty experiments, however long they run. `arms`: how many are watched.
 */
export function guardrailHit(
  arm: Watched,
  first: Watched,
  limits: ExperimentConfig["guardrails"],
  arms: number,
): Hit | null {
  const error = alpha / (3 * arms);
  const beyond = (a: Moments, f: Moments, times: number, plus: number): boolean => {
    const t = compare(a, f, error, times, plus);
    return t !== null && t.difference > 0 && t.p <= error;
  };
  const failed = [arm.failed.moments, first.failed.moments] as const;
  if (beyond(...failed, 1, limits.errorShare))
    return {
      guardrail: "errors",
      why: `${percent(failed[0].mean)} of its requests failed, ${percent(failed[1].mean)} of the first arm's`,
    };
  // Nothing is so many times nothing: where the first arm is free, no ratio stops the others.
  const usd = [arm.usd.moments, first.usd.moments] as const;
  if (usd[1].mean > 0 && beyond(...usd, limits.costRatio, 0))
    return { guardrail: "cost", why: `a request costs ${ratio(usd)} times as much as the first arm's` };
  const ms = [arm.ms.moments, first.ms.moments] as const;
  if (ms[1].mean > 0 && beyond(...ms, limits.latencyRatio, 0))
    return { guardrail: "latency", why: `the first token takes ${ratio(ms)} times as long as the first arm's` };
  return null;
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const ratio = ([arm, first]: readonly [Moments, Moments]): string => (arm.mean / first.mean).toPrecision(2);
