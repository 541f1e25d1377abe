import type { Call } from "../../domain/event.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import type { Lease, Limit } from "../../domain/limit.ts";

/** Requests that the share is reckoned over: older ones count half, and half again. */
const span = 1_000;

/** Keeps second attempts to a share of the requests. The first is always allowed. */
export class HedgeShare implements Limit {
  readonly #maxShare: () => number;
  #requests = 0;
  #hedges = 0;

  constructor(maxShare: () => number) {
    this.#maxShare = maxShare;
  }

  take({ role, attempt }: Call): Lease | Fault | null {
    if (attempt === 0) this.#count(); // a request's first attempt, whatever it is for
    if (role !== "hedge") return null;
    const share = this.#maxShare();
    const most = share === 0 ? 0 : Math.max(1, this.#requests * share);
    if (this.#hedges + 1 > most)
      return fault("overloaded", `More than ${share * 100} % of the requests have had a second attempt.`, {
        retry: "elsewhere",
        unsent: true,
      });
    this.#hedges++;
    return null;
  }

  #count(): void {
    if (++this.#requests < 2 * span) return;
    this.#requests /= 2;
    this.#hedges /= 2;
  }
}
