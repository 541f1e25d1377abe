import type { ExperimentConfig, StrategyName } from "../../protocol/config.ts";
import type { Arm } from "../../protocol/trace.ts";
import type { Features } from "./features.ts";
import { seedOf } from "./learned.ts";

/** An experiment as it stands at this moment: its arms, each up to a share of all units. */
export interface Trial {
  readonly name: string;
  readonly unit: ExperimentConfig["unit"];
  readonly arms: readonly { readonly name: string; readonly strategy: StrategyName; readonly upTo: number }[];
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

/** The experiments that run at `now` (ms since the epoch); `stopped`: arms whose guardrail was hit, as `experiment/arm`. */
export function trialsOf(
  experiments: readonly ExperimentConfig[],
  now: number,
  stopped: ReadonlySet<string>,
): readonly Trial[] {
  const running = experiments.filter((e) => e.enabled && ramped(e, now) > 0);
  return running.map((e) => {
    const share = ramped(e, now);
    let upTo = 0;
    const others = e.arms.slice(1).map((arm) => {
      const name = arm.name ?? arm.strategy;
      upTo += stopped.has(`${e.name}/${name}`) ? 0 : arm.share * share;
      return { name, strategy: arm.strategy, upTo };
    });
    const [first] = e.arms;
    const rest = { name: first!.name ?? first!.strategy, strategy: first!.strategy, upTo: 1 };
    return { name: e.name, unit: e.unit, arms: [...others, rest] };
  });
}

/** The arm of the first experiment that runs: the same for the same unit, whatever else happens. */
export function assigned(f: Features, trials: readonly Trial[]): Assigned | null {
  const trial = trials[0];
  if (trial === undefined) return null;
  const u = (spread(seedOf(`${trial.name} ${unitOf(f, trial.unit)}`)) >>> 0) / 2 ** 32;
  const arm = trial.arms.find((a) => u < a.upTo) ?? trial.arms.at(-1)!;
  return { experiment: trial.name, arm: arm.name, strategy: arm.strategy };
}

/** FNV's high bits hardly differ between like names: they are mixed once more. */
function spread(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function unitOf(f: Features, unit: Trial["unit"]): string {
  switch (unit) {
    case "client":
      return `${f.client} ${f.workspace ?? ""}`;
    case "session":
      return f.session ?? f.id;
    case "request":
      return f.id;
  }
}
