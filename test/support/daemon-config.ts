import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Upstream } from "./upstream.ts";

type Section<K extends keyof ConfigInput> = NonNullable<ConfigInput[K]>;
type Timeouts = { connectMs?: number; firstTokenMs?: number; betweenTokensMs?: number; totalMs?: number };

/** Where a small free model on the user's own GPU and a large dear one in a cloud are found, and how patient one is. */
export interface Town {
  readonly gpu: Upstream;
  readonly cloud: Upstream;
  readonly timeouts?: Timeouts;
}

/** The configuration of the contract's example, cut down to two models. */
export function townConfig({ gpu, cloud, timeouts }: Town, more: Partial<ConfigInput> = {}): ConfigInput {
  const patience = timeouts ? { timeouts } : {};
  const providers: Section<"providers"> = {
    gpu: { kind: "openai", baseUrl: gpu.baseUrl, locality: "local", ...patience },
    cloud: { kind: "openai", baseUrl: cloud.baseUrl, locality: "cloud", apiKey: "env:CLOUD_KEY", ...patience },
  };
  const models: Section<"models"> = {
    small: {
      provider: "gpu",
      name: "small-model",
      tier: "local",
      contextWindow: 32_768,
      maxOutput: 8_192,
      abilities: ["chat", "completion", "fim", "tools"],
      prices: { input: 0, output: 0 },
    },
    large: {
      provider: "cloud",
      name: "large-model",
      tier: "premium",
      contextWindow: 200_000,
      abilities: ["chat", "tools", "images", "json-schema"],
      prices: { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15, reasoning: 15 },
    },
  };
  return {
    routing: { primary: "small", escalation: "large", baseline: "large" },
    ...more,
    providers: { ...providers, ...more.providers },
    models: { ...models, ...more.models },
  };
}

/** The key of `townConfig`'s cloud, for the daemon's environment. */
export const cloudKey = "sk-test-3f9a1c7e5b2d8046";
export const townEnv = { CLOUD_KEY: cloudKey };
