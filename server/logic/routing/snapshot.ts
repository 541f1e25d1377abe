import type { Latency } from "../../domain/latency.ts";
import type { Model, ModelId } from "../../domain/model.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Config, RoutingConfig } from "../../protocol/config.ts";
import { presets } from "../../protocol/strategy.ts";
import type { Trial } from "./experiments.ts";
import type { Learned } from "./learned.ts";
import { planFor } from "./plans.ts";
import { standingOf, type Traits, traitsOf } from "./traits.ts";

/** What is begun before it is known to be needed. */
export interface Ahead {
  readonly speculation: Config["speculation"];
  readonly hedge: Config["hedge"];
}

/** What deciding knows of the world: immutable, rebuilt in the background when something changes. */
export interface Snapshot {
  readonly models: readonly Model[];
  /** Those that answer: a model that is the judge and nothing else was chosen for one word. */
  readonly answering: readonly Model[];
  readonly byId: ReadonlyMap<ModelId, Model>;
  readonly routing: RoutingConfig;
  readonly primary: Model | null;
  readonly escalation: Model | null;
  readonly judge: Model | null;
  readonly meta: Model | null;
  readonly completion: Model | null;
  /** The configured quality, 0…1. */
  readonly quality: number;
  /** Where each model stands between the primary (0) and the escalation (1). */
  readonly standing: ReadonlyMap<ModelId, number>;
  /** What the policy weighs of each model. */
  readonly traits: ReadonlyMap<Model, Traits>;
  /** What was learned from people's doing; null: nothing yet, or it is off. */
  readonly learned: Learned | null;
  /** Experiments that run now. */
  readonly trials: readonly Trial[];
  readonly latency: ReadonlyMap<ModelId, Latency>;
  readonly ahead: Ahead;
  /** Models that keep failing, and how: they are asked when nobody else is left. */
  readonly broken: ReadonlyMap<ModelId, string>;
  /** By the chosen model: what is run where every model qualifies and none is broken, for a stream that does nothing in the world and for all else. */
  readonly plans: ReadonlyMap<ModelId, { readonly streamed: Plan; readonly plain: Plan }>;
}

export interface World {
  readonly models: readonly Model[];
  readonly routing: RoutingConfig;
  readonly ahead: Ahead;
  readonly latency: ReadonlyMap<ModelId, Latency>;
  readonly broken: ReadonlyMap<ModelId, string>;
  readonly learned?: Learned | null;
  readonly trials?: readonly Trial[];
}

const none: ReadonlySet<ModelId> = new Set();

export function snapshotOf(world: World): Snapshot {
  const { models, routing, latency, ahead } = world;
  const byId = new Map(models.map((m) => [m.id, m]));
  const named = (id: string | undefined): Model | null => (id === undefined ? null : (byId.get(id) ?? null));
  const primary = named(routing.primary) ?? models[0] ?? null;
  const judge = named(routing.judge);
  const escalation = named(routing.escalation) ?? primary;
  const meta = named(routing.meta) ?? primary;
  const completion = named(routing.completion) ?? primary;
  const ruled = routing.rules.map((r) => byId.get(r.use));
  const judgeOnly = judge !== null && ![primary, escalation, meta, completion, ...ruled].includes(judge);
  const answering = judgeOnly ? models.filter((m) => m !== judge) : models;
  const plain = { hedge: undefined, latency, continuing: false, broken: none };
  const streamed = { ...plain, hedge: ahead.hedge, continuing: routing.continueBroken };
  return {
    ...world,
    learned: world.learned?.empty === false ? world.learned : null,
    trials: world.trials ?? [],
    quality: typeof routing.quality === "number" ? routing.quality : presets[routing.quality],
    standing: new Map(models.map((m) => [m.id, standingOf(m, primary, escalation)])),
    traits: new Map(models.map((m) => [m, traitsOf(m, standingOf(m, primary, escalation), latency)])),
    byId,
    primary,
    answering,
    escalation,
    judge,
    meta,
    completion,
    plans: new Map(
      answering.map((m) => [m.id, { streamed: planFor(m, answering, streamed), plain: planFor(m, answering, plain) }]),
    ),
  };
}

/** The model that savings are measured against. */
export const baselineOf = (s: Snapshot): Model | null =>
  (s.routing.baseline === undefined ? null : s.byId.get(s.routing.baseline)) ?? s.primary;
