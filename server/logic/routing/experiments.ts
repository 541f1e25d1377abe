import { fnv } from "../../kit/fnv.ts";
import { type ExperimentConfig, keyOfArm, nameOfArm } from "../../protocol/experiment-config.ts";
import type { StrategyName } from "../../protocol/strategy.ts";
import type { Arm } from "../../protocol/trace.ts";
import type { Features } from "./features.ts";

/** An experiment as it stands at this moment. */
export interface Trial {
  readonly name: string;
  /** Where the hash of its units begins: each experiment cuts them in another way. */
  readonly seed: number;
  readonly unit: ExperimentConfig["unit"];
  readonly arms: readonly TrialArm[];
}

/** `from` … `to`: which of all units it has, 0…1. Those that no other arm has are the first's, wherever they lie. */
export interface TrialArm {
  readonly name: string;
  readonly strategy: StrategyName;
  readonly from: number;
  readonly to: number;
}

export interface Assigned extends Arm {
  readonly strategy: StrategyName;
}

/** Shares begin at a tenth of what they grow to. */
const firstShare = 0.1;

/** How much of their share the arms have by now, 0…1; 0: it hasn't begun. */
function ramped(e: ExperimentConfig, now: number): number {
  if (e.startsAt === undefined) return 1;
  const days = (now - Date.parse(e.startsAt)) / 86_400_000;
  if (days < 0) return 0;
  return e.rampDays === 0 ? 1 : Math.min(1, firstShare + (1 - firstShare) * (days / e.rampDays));
}

/** Of each experiment, where it stands at `now` (ms since the epoch). */
export function stateOf(
  experiments: readonly ExperimentConfig[],
  now: number,
): ReadonlyMap<ExperimentConfig, "running" | "waiting" | "planned" | "off"> {
  const ready = (e: ExperimentConfig): boolean => e.enabled && ramped(e, now) > 0;
  const runs = experiments.find(ready);
  return new Map(
    experiments.map((e) => [e, e === runs ? "running" : ready(e) ? "waiting" : e.enabled ? "planned" : "off"]),
  );
}

/**
 * The experiment that runs at `now` (ms since the epoch): the first that has begun, since what two did at once nobody could
 * tell apart. `stopped`: arms whose guardrail was hit, as `experiment/arm`.
 */
export function trialsOf(
  experiments: readonly ExperimentConfig[],
  now: number,
  stopped: ReadonlySet<string>,
): readonly Trial[] {
  const e = [...stateOf(experiments, now)].find(([, state]) => state === "running")?.[0];
  return e === undefined ? [] : [trialOf(e, now, stopped)];
}

/**
 * Each arm but the first has a place of its own, of which the ramp fills more and more from its beginning: so a unit goes from
 * the first arm to its own, and from that only back when it is stopped, never to a third.
 */
export function trialOf(e: ExperimentConfig, now: number, stopped: ReadonlySet<string>): Trial {
  const grown = ramped(e, now);
  let from = 0;
  const others = e.arms.slice(1).map((arm): TrialArm => {
    const name = nameOfArm(arm);
    const whole = arm.share ?? 0;
    const filled = stopped.has(keyOfArm(e, arm)) ? 0 : whole * grown;
    const place = { name, strategy: arm.strategy, from, to: from + filled };
    from += whole;
    return place;
  });
  const first = e.arms[0]!;
  return {
    name: e.name,
    seed: fnv(`${e.name} `),
    unit: e.unit,
    arms: [{ name: nameOfArm(first), strategy: first.strategy, from: 0, to: 0 }, ...others],
  };
}

/** Each arm's part of all units, in the order of the experiment's arms; together 1. */
export function sharesOf(trial: Trial): number[] {
  const [, ...others] = trial.arms.map((a) => a.to - a.from);
  return [1 - others.reduce((sum, share) => sum + share, 0), ...others];
}

/** The arm of the experiment that runs: the same for the same unit, whatever else happens. */
export function assigned(f: Features, trials: readonly Trial[]): Assigned | null {
  const trial = trials[0];
  if (trial === undefined) return null;
  const u = (spread(hashOfUnit(f, trial)) >>> 0) / 2 ** 32;
  let arm = trial.arms[0]!;
  for (const a of trial.arms) if (u >= a.from && u < a.to) arm = a;
  return { experiment: trial.name, arm: arm.name, strategy: arm.strategy };
}

/** FNV's high bits hardly differ between like names: they are mixed once more. */
function spread(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hashOfUnit(f: Features, { seed, unit }: Trial): number {
  switch (unit) {
    case "client":
      return fnv(f.workspace ?? "", fnv(" ", fnv(f.client, seed)));
    case "session":
      return fnv(f.session ?? f.id, seed);
    case "request":
      return fnv(f.id, seed);
  }
}
