import type { Call } from "../../domain/event.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import type { Lease, Limit } from "../../domain/limit.ts";
import { charsOf } from "../../domain/request.ts";
import type { Clock } from "../../kit/clock.ts";
import { estimateUsage } from "../../logic/usage/estimate.ts";
import { costNanos } from "../../logic/usage/price.ts";

/** Tokens of an answer whose client and model set no limit. */
const usualOutput = 4_096;
const nanosPerDollar = 1e9;

/**
 * What attempts at cloud models may cost a day that begin before anybody knows whether they are wanted. What one may cost at
 * most is reserved before it begins, and what it did cost stands afterwards; an unknown price can't be reserved.
 */
export class SpeculationBudget implements Limit {
  readonly #usdPerDay: () => number;
  readonly #clock: Clock;
  #day = "";
  #nanos = 0;

  constructor(usdPerDay: () => number, clock: Clock) {
    this.#usdPerDay = usdPerDay;
    this.#clock = clock;
  }

  take({ role, model, request }: Call): Lease | Fault | null {
    if (role !== "speculative" || model.locality === "local") return null;
    const { n, best_of: best } = request.body?.json ?? {};
    const answers = Math.max(1, Number(n) || 1, Number(best) || 1);
    const output = answers * (request.wishes.sampling.maxTokens ?? model.maxOutput ?? usualOutput);
    const usage = { ...estimateUsage(charsOf(request.prompt), 0), output };
    const most = costNanos(usage, model.prices);
    if (most === null) return this.#refused(`what ${model.id} costs is not known`);
    this.#newDay();
    if (this.#nanos + most > this.#usdPerDay() * nanosPerDollar)
      return this.#refused(`speculation.cloudUsdPerDay leaves no room for an answer of ${model.id}`);
    this.#nanos += most;
    const day = this.#day;
    let open = true;
    return {
      settle: (nanos) => {
        if (open && day === this.#day) this.#nanos += (nanos ?? most) - most;
        open = false;
      },
    };
  }

  /** What was spent today before this began. */
  spent(nanos: number): void {
    this.#newDay();
    this.#nanos += nanos;
  }

  #refused(why: string): Fault {
    return fault("over_budget", `${why}.`, { retry: "elsewhere", unsent: true });
  }

  #newDay(): void {
    const day = new Date(this.#clock.wall()).toDateString();
    if (day === this.#day) return;
    this.#day = day;
    this.#nanos = 0;
  }
}
