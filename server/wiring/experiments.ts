import { isDeepStrictEqual } from "node:util";
import type { ArmRow } from "../io/ledger/arms.ts";
import type { Ledger } from "../io/ledger/ledger.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { type Log, messageOf } from "../kit/log.ts";
import { reportOf } from "../logic/experiments/report.ts";
import { type Seen, Tally } from "../logic/experiments/tally.ts";
import { sharesOf, stateOf, type Trial, trialOf, trialsOf } from "../logic/routing/experiments.ts";
import { type ExperimentConfig, keyOfArm } from "../protocol/experiment-config.ts";
import type { ExperimentsReport } from "../protocol/experiments.ts";

/** Milliseconds after which the ledger is looked at first: being ready doesn't wait for it. */
const firstMs = 100;
/** Milliseconds between two looks, and how much longer than a look the rest after it is: at most a fiftieth of a core. */
const restMs = 30_000;
const restTimes = 50;
/** Requests of one experiment that are counted, the first: what they don't settle is too small to matter. */
const most = 200_000;

export interface Counted {
  readonly tally: Tally;
  readonly cut: boolean;
}

/** What the ledger says of an experiment. */
export async function count(e: ExperimentConfig, ledger: Pick<Ledger, "armed">): Promise<Counted> {
  const tally = new Tally(e);
  const arms = e.arms.map((arm) => keyOfArm(e, arm));
  const from = e.startsAt === undefined ? 0 : Date.parse(e.startsAt);
  const query = { arms, from, sessions: e.unit === "session", most };
  const cut = await ledger.armed(query, (arm, row) => tally.add(seenOf(e, arm, row)));
  return { tally, cut };
}

function seenOf({ unit }: ExperimentConfig, arm: number, row: ArmRow): Seen {
  return {
    at: row.at,
    arm,
    unit: unit === "client" ? `${row.client} ${row.workspace ?? ""}` : row.session,
    failed: row.status === "error",
    usd: row.cost === null ? null : row.cost / 1e9,
    ms: row.ttft,
    reward: row.reward,
  };
}

/** Reports on experiments of which `counted` says, at the same places, what they came to. */
export function reports(
  experiments: readonly ExperimentConfig[],
  counted: readonly Counted[],
  now: number,
): ExperimentsReport {
  const states = stateOf(experiments, now);
  return {
    experiments: experiments.map((e, i) => {
      const { tally, cut } = counted[i]!;
      const state = states.get(e)!;
      const open = sharesOf(trialOf(e, now, new Set(stoppedIn(e, tally))));
      const shares = state === "running" ? open : open.map(() => 0);
      return reportOf(e, tally, { state, shares, cut });
    }),
  };
}

const stoppedIn = (e: ExperimentConfig, tally: Tally): string[] =>
  e.arms.flatMap((arm, i) => (tally.arms[i]?.stopped ? [keyOfArm(e, arm)] : []));

export interface ExperimentsDeps {
  readonly ledger: Pick<Ledger, "armed" | "onEnded" | "onFeedback">;
  readonly clock: Clock;
  readonly log: Log;
  readonly configured: () => readonly ExperimentConfig[];
  /** Other arms are open, or one is stopped. */
  readonly changed: () => void;
}

/**
 * Experiments while the daemon runs. All that is known of them is in the ledger: it is read again, in slices, when an arm's
 * request has ended since. Until it was read first no experiment runs, since it isn't known which arms are stopped.
 */
export class Experiments {
  readonly #o: ExperimentsDeps;
  readonly #listening = new DisposableStack();
  /** Of which configuration, and what was counted; null: nothing yet. */
  #seen: { readonly of: readonly ExperimentConfig[]; readonly counted: readonly Counted[] } | null = null;
  #stopped: ReadonlySet<string> = new Set();
  #looking: Promise<void> | null = null;
  #stale = true;
  /** When the last look was over, on the clock's scale, and what it took: milliseconds. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #closed = false;
  #timer: Timer | null = null;

  constructor(o: ExperimentsDeps) {
    this.#o = o;
    this.#listening.use(o.ledger.onEnded(({ arm }) => this.#heard(arm !== null)));
    this.#listening.use(o.ledger.onFeedback(({ arm }) => this.#heard(arm !== null)));
    this.#soon(firstMs);
  }

  /** What deciding shall know. */
  trials(): readonly Trial[] {
    if (this.#seen === null || !this.#upToDate()) return [];
    return trialsOf(this.#seen.of, this.#o.clock.wall(), this.#stopped);
  }

  /** As of now. Rejects when the ledger can't be read. */
  async report(): Promise<ExperimentsReport> {
    await this.#look();
    return this.#seenNow();
  }

  /** The same for a view that asks again and again: as of the last look, unless that has rested long enough. */
  async latest(): Promise<ExperimentsReport> {
    const rested = this.#o.clock.now() - this.#lookedAt >= restTimes * this.#tookMs;
    if (rested || !this.#upToDate()) await this.#look();
    return this.#seenNow();
  }

  #seenNow(): ExperimentsReport {
    const { of, counted } = this.#seen ?? { of: [], counted: [] };
    return reports(of, counted, this.#o.clock.wall());
  }

  /** Another configuration is in force. */
  reconfigured(): void {
    if (!this.#upToDate()) this.#soon(0);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#listening.dispose();
  }

  #heard(ofArm: boolean): void {
    if (ofArm) this.#stale = true;
  }

  #soon(ms: number): void {
    this.#timer?.cancel();
    if (this.#closed || this.#o.configured().length === 0) return;
    this.#timer = this.#o.clock.after(ms, () => {
      this.#look()
        .catch((e: unknown) => {
          if (!this.#closed) this.#o.log("warn", "experiments could not be looked at", { why: messageOf(e) });
        })
        .finally(() => this.#soon(Math.max(restMs, restTimes * this.#tookMs)));
    });
  }

  /** One look at a time; whoever asks meanwhile waits for it, and for one more where something was heard since it began. */
  async #look(): Promise<void> {
    if (this.#looking) await this.#looking;
    if (this.#closed || (!this.#stale && this.#upToDate())) return;
    this.#looking ??= this.#count().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  /** What was seen is of what is configured: a file that is read again says the same in other objects. */
  #upToDate(): boolean {
    return this.#seen !== null && isDeepStrictEqual(this.#seen.of, this.#o.configured());
  }

  async #count(): Promise<void> {
    const of = this.#o.configured();
    const begun = this.#o.clock.now();
    this.#stale = false;
    const counted: Counted[] = [];
    try {
      for (const e of of) counted.push(await count(e, this.#o.ledger));
    } catch (e) {
      this.#stale = true;
      throw e;
    }
    if (this.#closed) return;
    this.#lookedAt = this.#o.clock.now();
    this.#tookMs = this.#lookedAt - begun;
    const stopped = new Set(of.flatMap((e, i) => stoppedIn(e, counted[i]!.tally)));
    this.#tell(of, counted);
    const known = this.#upToDate() && stopped.size === this.#stopped.size;
    this.#stopped = stopped;
    this.#seen = { of, counted };
    if (!known) this.#o.changed();
  }

  /** Each stop is told once. */
  #tell(of: readonly ExperimentConfig[], counted: readonly Counted[]): void {
    of.forEach((e, at) => {
      e.arms.forEach((arm, i) => {
        const name = keyOfArm(e, arm);
        const hit = counted[at]?.tally.arms[i]?.stopped;
        if (!hit || this.#stopped.has(name)) return;
        const { guardrail, why } = hit;
        this.#o.log("warn", "an experiment's arm is stopped: its traffic goes to the first arm", {
          arm: name,
          guardrail,
          why,
        });
      });
    });
  }
}
