import type { Locality } from "../domain/model.ts";
import type { Timeouts } from "../protocol/config.ts";
import type { Route } from "../protocol/trace.ts";

/** The deadlines of a provider's calls, and whether somebody has set the one for the first token. */
export interface Patience extends Timeouts {
  readonly firstTokenSaid: boolean;
}

/** Milliseconds for a whole answer where its provider says nothing: the schema's own default. */
export const usualTotalMs = 600_000;

/** Milliseconds that a judge has for its word. The request waits for it less long; what comes later is remembered. */
export const judgeMs = 5_000;

/** What comes after other calls, and isn't read as it comes, may take longer to begin. */
const composedMs = 30_000;
/** Tokens that any machine reads within the usual deadline, and what each further one is given, in milliseconds. */
const reading = { free: 2_000, each: 4 };

/** Milliseconds to the first token of a warm model. A long prompt takes a machine at home its time to read. */
export function firstTokenMs(p: Patience, locality: Locality, route: Route, inputTokens: number): number {
  if (p.firstTokenSaid) return p.firstTokenMs;
  const more = locality === "local" ? Math.max(0, inputTokens - reading.free) * reading.each : 0;
  switch (route) {
    case "direct":
    case "meta":
      return p.firstTokenMs + more;
    case "enrich":
    case "vote":
    case "refine":
      return composedMs + more;
  }
}
