import type { StatsRow } from "../../server/protocol/stats.ts";
import { about, count, partOf, sum } from "../kit/format.ts";
import type { Table } from "./table.ts";

/** What began before it was known to be wanted: what it cost for nothing, and what time it saved. None: nothing did. */
export function earlyTables(t: StatsRow): Table[] {
  const kinds: [string, number, number, number][] = [
    ["Speculation", t.speculated, t.speculationWasteNanos, t.speculationSavedMs],
    ["Hedging", t.hedged, t.hedgeWasteNanos, t.hedgeSavedMs],
  ];
  const rows = kinds
    .filter(([, requests]) => requests > 0)
    .map(([kind, requests, waste, savedMs]) => [
      kind,
      count(requests),
      sum(waste, 0, t.estimated),
      partOf(waste, t.costNanos),
      saved(savedMs / requests),
      saved(savedMs),
    ]);
  if (rows.length === 0) return [];
  return [
    {
      title: "Speculation and hedging",
      note: "Speculation begins the likely answer before the judge’s verdict; hedging asks a second model when an answer is late. The time saved until the first token is an estimate.",
      head: ["Begun early", "Requests", "Cost for nothing", "Share of spend", "Sooner per request", "Sooner in sum"],
      rows,
    },
  ];
}

const saved = (ms: number): string => (ms > 0 ? about(ms) : "–");
