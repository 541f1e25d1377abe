import { type Model, tiers } from "../../domain/model.ts";
import { maxLeaves, type Plan } from "../../domain/plan.ts";

const rank = (m: Model): number => tiers.indexOf(m.tier);

/** The chosen model, and who is tried, in order, when it fails before its first token. */
export function planFor(chosen: Model, qualified: readonly Model[]): Plan {
  const order = [chosen, ...fallbacks(chosen, qualified)].slice(0, maxLeaves);
  const calls = order.map((m): Plan => ({ do: "call", model: m.id }));
  return calls.length === 1 ? calls[0]! : { do: "race", of: calls.map((plan) => ({ plan, afterMs: null })) };
}

/** The least stronger ones first, weaker ones last, and those of one tier in the order of the configuration. */
function fallbacks(chosen: Model, qualified: readonly Model[]): readonly Model[] {
  const others = qualified.filter((m) => m !== chosen);
  const up = others.filter((m) => rank(m) >= rank(chosen)).sort((a, b) => rank(a) - rank(b));
  const down = others.filter((m) => rank(m) < rank(chosen)).sort((a, b) => rank(b) - rank(a));
  return [...up, ...down];
}
