import type { Model } from "../../server/domain/model.ts";

/** A model at home or, above the tier `local`, in the cloud: it can chat, and its prices aren't known. */
export const modelOf = (id: string, tier: Model["tier"], more: Partial<Model> = {}): Model => ({
  id,
  provider: "p",
  name: id,
  tier,
  locality: tier === "local" ? "local" : "cloud",
  contextWindow: 100_000,
  maxOutput: null,
  abilities: new Set(["chat"]),
  prices: null,
  equals: [],
  ...more,
});

/** US dollars per million tokens, with nothing off for what is cached. */
export const pricesOf = (input: number, output: number): NonNullable<Model["prices"]> => ({
  input,
  cachedInput: input,
  cacheWrite: input,
  output,
  reasoning: output,
});
