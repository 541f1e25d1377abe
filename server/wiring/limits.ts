import type { Limit } from "../domain/limit.ts";
import { askPlaces, Capacities } from "../io/limits/capacity.ts";
import { HedgeShare } from "../io/limits/hedges.ts";
import { Slots } from "../io/limits/slots.ts";
import { SpeculationBudget } from "../io/limits/speculation.ts";
import type { Clock } from "../kit/clock.ts";
import type { Config } from "../protocol/config.ts";
import type { Providers } from "./providers.ts";

export interface Limits {
  /** In the order in which a call meets them: shares are counted of what has a place. */
  readonly all: readonly Limit[];
  readonly slots: Slots;
  readonly speculation: SpeculationBudget;
}

/** What there is only so much of. */
export function limitsOf(config: () => Config, providers: Providers, clock: Clock): Limits {
  const capacities = new Capacities({
    configured: (id) => providers.capacity(id),
    fallback: () => config().server.maxConcurrent,
    ask: askPlaces,
    clock,
  });
  const slots = new Slots({ capacity: (id, running) => capacities.of(id, running), clock });
  const speculation = new SpeculationBudget(() => config().speculation?.cloudUsdPerDay ?? 0, clock);
  return { all: [slots, new HedgeShare(() => config().hedge?.maxShare ?? 0), speculation], slots, speculation };
}
