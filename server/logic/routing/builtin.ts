import type { Model } from "../../domain/model.ts";

const pair = (id: string, tier: Model["tier"], locality: Model["locality"]): Model => ({
  id,
  provider: "",
  name: id,
  tier,
  locality,
  contextWindow: null,
  maxOutput: null,
  abilities: new Set(["chat", "completion", "tools", "images", "json-schema"]),
  prices: null,
  equals: [],
});

/** Who is decided for where nothing is configured: a small model at home and a strong one in the cloud. Neither is ever asked. */
export const builtinModels: readonly Model[] = [pair("local", "local", "local"), pair("premium", "premium", "cloud")];
