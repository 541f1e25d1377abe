import type { Latency } from "../../domain/latency.ts";
import { type Model, type ModelId, tiers } from "../../domain/model.ts";
import { type Entrant, maxLeaves, type Plan, type RacePlan } from "../../domain/plan.ts";
import type { Config } from "../../protocol/config.ts";

/** What a plan may do besides asking one model after the other. */
export interface Manner {
  /** Second attempts at late answers; undefined: none. */
  readonly hedge: Config["hedge"];
  readonly latency: ReadonlyMap<ModelId, Latency>;
  /** Whether an answer that breaks off may be continued. */
  readonly continuing: boolean;
  /** Models that keep failing. */
  readonly broken: { has(id: ModelId): boolean };
}

/** When a model is late that nobody has measured yet, in milliseconds without a first token; and the least that is called late. */
const lateMs = { unknown: 2_000, least: 20 };
/** How often an attempt is made again when all have failed. */
const retries = 2;

const rank = (m: Model): number => tiers.indexOf(m.tier);

/**
 * The chosen model; a second attempt when it is late, where that may be; and who is tried, in order, when it fails before its
 * first token: `most` attempts together.
 */
export function planFor(chosen: Model, qualified: readonly Model[], manner: Manner, most = maxLeaves): RacePlan {
  const call = (m: Model): Plan => ({ do: "call", model: m.id });
  const hedge = hedgeFor(chosen, qualified, manner);
  const others = fallbacks(chosen, qualified, manner).slice(0, most - 1 - hedge.length);
  const next = others.map((m): Entrant => ({ plan: call(m), afterMs: null }));
  const of = [{ plan: call(chosen), afterMs: null }, ...hedge, ...next];
  if (!manner.continuing) return { do: "race", of, retries };
  const continuing = [chosen, ...others].filter((m) => m.abilities.has("continue")).map((m) => m.id);
  return { do: "race", of, retries, continuing };
}

/** One of its equals, or the same model once more. */
function hedgeFor(chosen: Model, qualified: readonly Model[], { hedge, latency, broken }: Manner): Entrant[] {
  if (!hedge?.enabled) return [];
  const equal = qualified.find((m) => chosen.equals.includes(m.id) && !broken.has(m.id)) ?? chosen;
  const known = latency.get(chosen.id);
  const measured = known && known.tail !== null ? Math.max(lateMs.least, Math.ceil(known.p95)) : lateMs.unknown;
  const afterMs = hedge.afterMs === "p95" ? measured : hedge.afterMs;
  return [{ plan: { do: "call", model: equal.id }, afterMs, lateMs: known?.tail ?? null }];
}

/**
 * Equals first, then the least stronger ones, weaker ones last, and those of one tier in the order of the configuration; but
 * after all of them those that keep failing.
 */
function fallbacks(chosen: Model, qualified: readonly Model[], { broken }: Manner): readonly Model[] {
  const others = qualified.filter((m) => m !== chosen);
  const equals = others.filter((m) => chosen.equals.includes(m.id));
  const rest = others.filter((m) => !chosen.equals.includes(m.id));
  const up = rest.filter((m) => rank(m) >= rank(chosen)).sort((a, b) => rank(a) - rank(b));
  const down = rest.filter((m) => rank(m) < rank(chosen)).sort((a, b) => rank(b) - rank(a));
  const order = [...equals, ...up, ...down];
  return [...order.filter((m) => !broken.has(m.id)), ...order.filter((m) => broken.has(m.id))];
}
