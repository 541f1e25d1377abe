import type { Prices } from "../../domain/model.ts";
import type { Usage } from "../../protocol/trace.ts";

/** Nano-dollars per token for a price of one US dollar per million tokens: 10⁹ / 10⁶. */
const nanosPerToken = 1000;

/** What a usage costs in integer nano-dollars, rounded once; null when the prices are unknown. */
export function costNanos(usage: Usage, prices: Prices | null): number | null {
  if (prices === null) return null;
  const cached = Math.min(usage.cachedInput, usage.input);
  const written = Math.min(usage.cacheWrite, usage.input - cached);
  const reasoning = Math.min(usage.reasoning, usage.output);
  const dollarsPerMillion =
    (usage.input - cached - written) * prices.input +
    cached * prices.cachedInput +
    written * prices.cacheWrite +
    (usage.output - reasoning) * prices.output +
    reasoning * prices.reasoning;
  return Math.round(dollarsPerMillion * nanosPerToken);
}
