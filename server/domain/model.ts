import type { abilityNames } from "../protocol/config.ts";

/** One model at one provider, as configured. */
export type ModelId = string;
export type ProviderId = string;

export const tiers = ["local", "economy", "standard", "premium"] as const;
export type Tier = (typeof tiers)[number];

export type Ability = (typeof abilityNames)[number];

export type Locality = "local" | "cloud";

/** US dollars per million tokens. */
export interface Prices {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface Model {
  readonly id: ModelId;
  readonly provider: ProviderId;
  /** What the provider calls it. */
  readonly name: string;
  readonly tier: Tier;
  readonly locality: Locality;
  /** Tokens; null when it isn't known. */
  readonly contextWindow: number | null;
  readonly maxOutput: number | null;
  readonly abilities: ReadonlySet<Ability>;
  /** Null: no price is known, so no cost is either. */
  readonly prices: Prices | null;
  /** Models that answer as well as this one. */
  readonly equals: readonly ModelId[];
}
