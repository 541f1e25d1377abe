import type { Trace } from "../../server/protocol/trace.ts";
import { about, money } from "../kit/format.ts";

/** What a request's discarded attempts cost; null when that is nothing. */
export function wasted({ cost, attempts }: Trace): string | null {
  if (cost.wasteNanos === null) return "unknown";
  if (cost.wasteNanos === 0) return null;
  // What was broken off has mostly no usage of its provider's.
  const estimated = attempts.some((a) => a?.outcome === "discarded" && a.usage?.source === "estimate" && a.costNanos);
  return money(cost.wasteNanos, Boolean(estimated));
}

/** How much sooner the first token came; null when it didn't. */
export function sooner({ savedMs }: Trace): string | null {
  const ms = savedMs ? savedMs.speculation + savedMs.hedge : 0;
  return ms > 0 ? about(ms) : null;
}

/** The same, each by itself. */
export function soonerBy({ savedMs }: Trace): [string, string][] {
  if (!savedMs) return [];
  const each: [string, number][] = [
    ["Sooner by an early start", savedMs.speculation],
    ["Sooner by a second attempt", savedMs.hedge],
  ];
  return each.filter(([, ms]) => ms > 0).map(([name, ms]) => [name, about(ms)]);
}
