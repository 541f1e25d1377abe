import { mainAttempt } from "../domain/trace.ts";
import type { Features } from "../logic/routing/features.ts";
import { expectedQuality } from "../logic/routing/policy.ts";
import { expectedMs } from "../logic/routing/traits.ts";
import type { ReplayGrouping, ReplayReport } from "../protocol/replay.ts";
import type { Trace } from "../protocol/trace.ts";
import { Group } from "./group.ts";
import { scaleOf } from "./scale.ts";
import { type Choice, followed, pricedOn, type Side } from "./side.ts";

/** Requests up to which intervals are had by drawing them anew: of all together, and of a group of them. */
const drawn = { total: 20_000, group: 2_000 };
/** Groups beyond so many are counted together as `(others)`; changes of model beyond `changes` are not listed. */
const most = { groups: 100, pairs: 10_000, changes: 10 };

/** How many requests a model answered, and would answer. */
interface Answers {
  recorded: number;
  now: number;
  policy: number;
}

/** Counts requests that both sides have chosen a model for. */
export class Tally {
  readonly #now: Side;
  readonly #policy: Side;
  readonly #by: ReplayGrouping | null;
  readonly #scale: ReadonlyMap<string, number>;
  readonly #total = new Group("total", drawn.total);
  readonly #groups = new Map<string, Group>();
  readonly #models = new Map<string, Answers>();
  readonly #changes = new Map<string, { now: string; policy: string; requests: number }>();
  readonly #unpriced = new Set<string>();
  readonly #undecided = { now: 0, policy: 0 };
  #asRecorded = 0;
  #unfollowed = 0;
  #withoutUsage = 0;
  #unknownPrice = 0;
  #estimatedUsage = 0;
  #recordedNanos: number | null = 0;

  constructor(now: Side, policy: Side, by: ReplayGrouping | null) {
    this.#now = now;
    this.#policy = policy;
    this.#by = by;
    this.#scale = scaleOf(now.snapshot, policy.snapshot);
  }

  add(trace: Trace, f: Features, now: Choice, policy: Choice): void {
    const recorded = mainAttempt(trace)?.model ?? trace.decision?.model ?? null;
    const [a, b] = [now.model, policy.model];
    if (recorded !== null) this.#answers(recorded).recorded++;
    this.#answers(a.id).now++;
    this.#answers(b.id).policy++;
    if (recorded === a.id) this.#asRecorded++;
    if (f.last !== null && followed(f) === null) this.#unfollowed++;
    if (now.undecided) this.#undecided.now++;
    if (policy.undecided) this.#undecided.policy++;
    if (a.id !== b.id) this.#change(a.id, b.id);
    const pair = {
      models: [a, b],
      nanos: this.#nanos(trace, f, now, policy, recorded),
      ms: [expectedMs(a, this.#now.snapshot.latency), expectedMs(b, this.#policy.snapshot.latency)],
      quality: [expectedQuality(f, this.#scale.get(a.id)!), expectedQuality(f, this.#scale.get(b.id)!)],
    } as const;
    this.#total.add(pair);
    if (this.#by !== null) this.#group(this.#by === "model" ? a.id : f[this.#by]).add(pair);
  }

  report(): Omit<ReplayReport, "from" | "to" | "traces"> & {
    traces: Pick<ReplayReport["traces"], "replayed" | "asRecorded" | "unfollowed" | "undecided">;
  } {
    return {
      traces: {
        replayed: this.#total.requests,
        asRecorded: this.#asRecorded,
        unfollowed: this.#unfollowed,
        undecided: { ...this.#undecided },
      },
      total: this.#total.row(),
      by: this.#by,
      groups: [...this.#groups.values()].sort((a, b) => b.requests - a.requests).map((g) => g.row()),
      changes: [...this.#changes.values()].sort((a, b) => b.requests - a.requests).slice(0, most.changes),
      models: [...this.#models]
        .map(([model, answers]) => ({ model, ...answers, ...this.#known(model) }))
        .sort((a, b) => b.now + b.policy - a.now - a.policy || b.recorded - a.recorded),
      money: {
        withoutUsage: this.#withoutUsage,
        unknownPrice: this.#unknownPrice,
        unpriced: [...this.#unpriced].sort(),
        estimatedUsage: this.#estimatedUsage,
        recordedNanos: this.#recordedNanos,
      },
    };
  }

  #nanos(trace: Trace, f: Features, now: Choice, policy: Choice, recorded: string | null): [number, number] | null {
    if (trace.usage === null) {
      this.#withoutUsage++;
      return null;
    }
    const a = pricedOn(now, trace.usage, f, recorded);
    const b = pricedOn(policy, trace.usage, f, recorded);
    if (a === null) this.#unpriced.add(now.model.id);
    if (b === null) this.#unpriced.add(policy.model.id);
    if (a === null || b === null) {
      this.#unknownPrice++;
      return null;
    }
    if (trace.usage.source === "estimate") this.#estimatedUsage++;
    if (trace.cost.nanos === null) this.#recordedNanos = null;
    else if (this.#recordedNanos !== null) this.#recordedNanos += trace.cost.nanos;
    return [a, b];
  }

  /** What is known of a model besides how often it answers. */
  #known(id: string): Pick<ReplayReport["models"][number], "standing" | "p50Ms" | "measured"> {
    const { snapshot } = this.#policy.snapshot.byId.has(id) ? this.#policy : this.#now;
    const model = snapshot.byId.get(id);
    return {
      standing: this.#scale.get(id) ?? null,
      p50Ms: model ? expectedMs(model, snapshot.latency) : null,
      measured: snapshot.latency.has(id),
    };
  }

  #answers(model: string): Answers {
    let answers = this.#models.get(model);
    if (!answers) {
      const full = this.#models.size >= most.pairs; // of models that are configured no more
      answers = { recorded: 0, now: 0, policy: 0 };
      if (!full) this.#models.set(model, answers);
    }
    return answers;
  }

  #change(now: string, policy: string): void {
    const key = `${now} ${policy}`; // an id has no spaces
    const change = this.#changes.get(key);
    if (change) change.requests++;
    else if (this.#changes.size < most.pairs) this.#changes.set(key, { now, policy, requests: 1 });
  }

  #group(name: string): Group {
    const key = this.#groups.size >= most.groups && !this.#groups.has(name) ? "(others)" : name;
    let group = this.#groups.get(key);
    if (!group) {
      group = new Group(key, drawn.group);
      this.#groups.set(key, group);
    }
    return group;
  }
}
