import type { Model, ModelId } from "../../domain/model.ts";
import type { Plan } from "../../domain/plan.ts";
import type { RoutingConfig } from "../../protocol/config.ts";
import { planFor } from "./plans.ts";

/** Time to first token in milliseconds, as the last requests had it. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
}

/** What deciding knows of the world: immutable, rebuilt in the background when something changes. */
export interface Snapshot {
  readonly models: readonly Model[];
  readonly byId: ReadonlyMap<ModelId, Model>;
  readonly routing: RoutingConfig;
  readonly primary: Model | null;
  readonly escalation: Model | null;
  readonly meta: Model | null;
  readonly completion: Model | null;
  readonly latency: ReadonlyMap<ModelId, Latency>;
  /** By the chosen model: what is run where every model qualifies. */
  readonly plans: ReadonlyMap<ModelId, Plan>;
}

export function snapshotOf(
  models: readonly Model[],
  routing: RoutingConfig,
  latency: ReadonlyMap<ModelId, Latency>,
): Snapshot {
  const byId = new Map(models.map((m) => [m.id, m]));
  const named = (id: string | undefined): Model | null => (id === undefined ? null : (byId.get(id) ?? null));
  const primary = named(routing.primary) ?? models[0] ?? null;
  return {
    models,
    byId,
    routing,
    primary,
    escalation: named(routing.escalation) ?? primary,
    meta: named(routing.meta) ?? primary,
    completion: named(routing.completion) ?? primary,
    latency,
    plans: new Map(models.map((m) => [m.id, planFor(m, models)])),
  };
}

/** The model that savings are measured against. */
export const baselineOf = (s: Snapshot): Model | null =>
  (s.routing.baseline === undefined ? null : s.byId.get(s.routing.baseline)) ?? s.primary;
