import type { ExperimentConfig } from "../../protocol/experiment-config.ts";
import { guardrailHit, type Hit } from "./guardrails.ts";
import { Cap, Running } from "./moments.ts";

/** One ended request, as an experiment sees it. */
export interface Seen {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** The place of its arm in the experiment. */
  readonly arm: number;
  /** Who keeps the arm; null: this request alone. */
  readonly unit: string | null;
  readonly failed: boolean;
  /** US dollars; null: a price is unknown. */
  readonly usd: number | null;
  /** Milliseconds to the first token; null: none came. */
  readonly ms: number | null;
  /** 0…1; null: nobody did anything with the answer. */
  readonly reward: number | null;
}

/** What one arm's requests come to. */
export class ArmTally {
  readonly failed = new Running();
  /** Held against heavy tails: what is tested. */
  readonly usd = new Running();
  readonly ms = new Running();
  readonly reward = new Running();
  /** As they were. */
  usdSum = 0;
  msSum = 0;
  readonly firstTokens: number[] = [];
  /** Once hit it stays so: an arm's fate depends on what came before, not on what comes after. */
  stopped: (Hit & { readonly at: number }) | null = null;
  readonly #usdCap = new Cap();
  readonly #msCap = new Cap();

  add({ unit, failed, usd, ms, reward }: Seen): void {
    this.failed.add(failed ? 1 : 0, unit);
    if (usd !== null) {
      this.usd.add(this.#usdCap.of(usd), unit);
      this.usdSum += usd;
    }
    if (ms !== null) {
      this.ms.add(this.#msCap.of(ms), unit);
      this.msSum += ms;
      this.firstTokens.push(ms);
    }
    if (reward !== null) this.reward.add(reward, unit);
  }
}

/**
 * An experiment's requests, added in the order in which they began. Guardrails are looked at with each request of an arm, so
 * that the same ledger always stops the same arms at the same request: nothing but the ledger has to be kept.
 */
export class Tally {
  readonly arms: readonly ArmTally[];
  readonly #limits: ExperimentConfig["guardrails"];

  constructor(experiment: Pick<ExperimentConfig, "arms" | "guardrails">) {
    this.arms = experiment.arms.map(() => new ArmTally());
    this.#limits = experiment.guardrails;
  }

  add(seen: Seen): void {
    const arm = this.arms[seen.arm];
    const first = this.arms[0];
    if (!arm || !first) return;
    arm.add(seen);
    if (arm === first || arm.stopped) return;
    const hit = guardrailHit(arm, first, this.#limits, this.arms.length - 1);
    if (hit) arm.stopped = { ...hit, at: seen.at };
  }
}
