import { type Model, type ModelId, tiers } from "../domain/model.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import { standingOf } from "../logic/routing/traits.ts";

/**
 * Where each model of both sides stands, on one scale, so that their expected qualities can be compared: 0 is the weaker of the
 * two primaries, 1 the stronger of the two escalations, by tier. On a scale of its own, a side that names a weaker primary would
 * seem to lose nothing by it. A model that both know counts as the first has it; where all are of one tier, the roles say who is
 * strong, the first side's before the second's.
 */
export function scaleOf(now: Snapshot, policy: Snapshot): ReadonlyMap<ModelId, number> {
  const models = new Map<ModelId, Model>();
  for (const m of [...now.models, ...policy.models]) if (!models.has(m.id)) models.set(m.id, m);
  const known = (m: Model | null): Model | null => m && models.get(m.id)!;
  const size = (m: Model): number => tiers.indexOf(m.tier);
  const weakest = extreme(known(now.primary), known(policy.primary), (a, b) => size(b) < size(a));
  const strongest = extreme(known(now.escalation), known(policy.escalation), (a, b) => size(b) > size(a));
  const scale = new Map([...models.values()].map((m) => [m.id, standingOf(m, weakest, strongest)]));
  if (weakest && strongest && size(weakest) < size(strongest)) return scale;
  for (const [m, standing] of [
    [policy.escalation, 1],
    [policy.primary, 0],
    [now.escalation, 1],
    [now.primary, 0],
  ] as const)
    if (m) scale.set(m.id, standing);
  return scale;
}

const extreme = (a: Model | null, b: Model | null, further: (a: Model, b: Model) => boolean): Model | null =>
  a === null || b === null ? (a ?? b) : further(a, b) ? b : a;
