import type { StatsRow } from "../../protocol/stats.ts";
import type { Trace } from "../../protocol/trace.ts";

/** What few requests have, an early start or an answer from memory: of one trace, or summed over many. */
export type Early = Pick<
  StatsRow,
  | "speculated"
  | "speculationWasteNanos"
  | "speculationSavedMs"
  | "hedged"
  | "hedgeWasteNanos"
  | "hedgeSavedMs"
  | "speculationNanos"
  | "recalled"
  | "recalledSavedNanos"
  | "recalledSavedMs"
>;

export const noEarly: Readonly<Early> = {
  speculated: 0,
  speculationWasteNanos: 0,
  speculationSavedMs: 0,
  hedged: 0,
  hedgeWasteNanos: 0,
  hedgeSavedMs: 0,
  speculationNanos: 0,
  recalled: 0,
  recalledSavedNanos: 0,
  recalledSavedMs: 0,
};
const keys = Object.keys(noEarly) as (keyof Early)[];
/** Where a packed list holds it (see packEarly). */
export const recalledSavedPlace = keys.indexOf("recalledSavedNanos");

/** Null of nearly all traces: nothing in them began early, and a model answered. */
export function earlyOf({ attempts, savedMs, recalled }: Trace): Early | null {
  const memory = recalled && {
    recalled: 1,
    recalledSavedNanos: recalled.savedNanos ?? 0,
    recalledSavedMs: recalled.savedMs,
  };
  let speculated = 0;
  let hedged = 0;
  for (const a of attempts) {
    if (a?.role === "speculative") speculated = 1;
    else if (a?.role === "hedge") hedged = 1;
  }
  if (speculated + hedged === 0) return memory && { ...noEarly, ...memory };
  const early: Early = {
    ...noEarly,
    ...memory,
    speculated,
    hedged,
    speculationSavedMs: savedMs?.speculation ?? 0,
    hedgeSavedMs: savedMs?.hedge ?? 0,
  };
  // Released, and then beaten by a second attempt: the hedge bought it for nothing, not the early start.
  const beaten = attempts.some((a) => a?.role === "hedge" && a.outcome === "served");
  for (const a of attempts) {
    if (a?.role === "speculative") early.speculationNanos += a.costNanos ?? 0;
    // What a judge or a search cost in vain isn't to be blamed on either.
    if (a?.outcome !== "discarded" || a.role === "judge" || a.role === "enrich") continue;
    const nanos = a.costNanos ?? 0; // the trace itself says that its waste is unknown
    if (a.role === "speculative" && !beaten) early.speculationWasteNanos += nanos;
    else if (hedged) early.hedgeWasteNanos += nanos;
  }
  return early;
}

export function addEarly(to: Early, more: Readonly<Early>): void {
  for (const key of keys) to[key] += more[key];
}

/** As a column holds it: a list without names, in the order of `noEarly`. Places are only ever added at its end. */
export const packEarly = (early: Early | null): string | null => early && JSON.stringify(keys.map((key) => early[key]));

export function unpackEarly(text: string): Early {
  // SAFETY: written by `packEarly`.
  const values = JSON.parse(text) as number[];
  const early = { ...noEarly };
  keys.forEach((key, i) => {
    early[key] = values[i] ?? 0;
  });
  return early;
}
