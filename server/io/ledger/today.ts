import type { Meter } from "../../protocol/stats.ts";
import type { Trace } from "../../protocol/trace.ts";
import { dayOf, dayStart, nextDay } from "./day.ts";
import type { TimeRange } from "./reader.ts";

/** Sums of a day's money; `estimated` counts requests. */
export type Money = Omit<Meter, "day" | "estimated"> & { estimated: number };

/** Today's sums over requests that have ended; those that run are added when asked. */
export class Today {
  readonly day: string;
  readonly from: number;
  readonly to: number;
  readonly #n: Money;

  /** `read`: what there is of the day so far. */
  constructor(at: number, read: (day: TimeRange) => Money) {
    this.day = dayOf(at);
    this.from = dayStart(at);
    this.to = nextDay(at);
    this.#n = read(this);
  }

  holds(at: number): boolean {
    return at >= this.from && at < this.to;
  }

  /** Adds a request, or with -1 takes it off again. */
  add(
    at: number,
    status: string,
    {
      cost,
      recalled,
    }: {
      readonly cost: Pick<Trace["cost"], "nanos" | "savedNanos" | "estimated">;
      readonly recalled: Trace["recalled"];
    },
    sign: 1 | -1 = 1,
  ): void {
    if (!this.holds(at)) return;
    const n = this.#n;
    if (recalled) {
      n.recalled += sign;
      n.recalledSavedNanos += sign * (recalled.savedNanos ?? 0);
    }
    n.requests += sign;
    if (status === "running") n.running += sign;
    if (cost.nanos === null) n.unknownCost += sign;
    else {
      n.spentNanos += sign * cost.nanos;
      n.savedNanos += sign * (cost.savedNanos ?? 0);
      if (cost.estimated) n.estimated += sign;
    }
  }

  with(running: Iterable<{ readonly at: number; readonly trace: Trace }>): Meter {
    const sum = new Today(this.from, () => ({ ...this.#n }));
    for (const { at, trace } of running) sum.add(at, trace.status, trace);
    return { day: this.day, ...sum.#n, estimated: sum.#n.estimated > 0 };
  }
}
