import type { Latency } from "../../domain/latency.ts";
import { type Model, type ModelId, tiers } from "../../domain/model.ts";

/** US dollars per million tokens, input and output, where nothing is known. */
const usualPrices = { local: [0, 0], economy: [0.25, 1.25], standard: [1, 5], premium: [3, 15] } as const;

/** Milliseconds to the first token that a model without a history is taken to need. */
const usualMs = { local: 300, cloud: 900 } as const;

/** Milliseconds to the first token: measured, or what is usual. */
export const expectedMs = (m: Model, latency: ReadonlyMap<ModelId, Latency>): number =>
  latency.get(m.id)?.p50 ?? usualMs[m.locality];

/** Where a tier stands between a local and a premium model. */
const heights = { local: 0, economy: 0.4, standard: 0.75, premium: 1 } as const;

/** Where a model stands between the primary (0) and the escalation (1), whose rightness the classifier knows of. */
export function standingOf(m: Model, primary: Model | null, escalation: Model | null): number {
  if (m === primary) return 0;
  if (m === escalation) return 1;
  if (!primary || !escalation) return 0;
  const low = heights[primary.tier];
  const high = heights[escalation.tier];
  if (high <= low) return heights[m.tier] > low ? 1 : 0;
  return Math.max(0, Math.min(1, (heights[m.tier] - low) / (high - low)));
}

/** What the objective needs of a model that doesn't depend on the request: made once a snapshot. */
export interface Traits {
  readonly standing: number;
  readonly seconds: number;
  /** US dollars per token. */
  readonly priceIn: number;
  readonly priceOut: number;
  /** What a token of input costs less that its provider has kept. */
  readonly keptLess: number;
  readonly assumed: boolean;
  /** Tokens. */
  readonly mostOut: number;
  /** The smaller, the smaller the model. */
  readonly rank: number;
}

export function traitsOf(m: Model, standing: number, latency: ReadonlyMap<ModelId, Latency>): Traits {
  const p = m.prices;
  const [priceIn, priceOut] = p ? [p.input, p.output] : usualPrices[m.tier];
  return {
    standing,
    seconds: expectedMs(m, latency) / 1000,
    priceIn: priceIn / 1e6,
    priceOut: priceOut / 1e6,
    keptLess: p ? (p.input - p.cachedInput) / 1e6 : 0,
    assumed: p === null && m.tier !== "local",
    mostOut: m.maxOutput ?? Infinity,
    rank: tiers.indexOf(m.tier),
  };
}
