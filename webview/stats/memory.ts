import type { StatsRow } from "../../server/protocol/stats.ts";
import { about, count, money, partOf, plural } from "../kit/format.ts";
import type { Table } from "./table.ts";

/** What a daemon calls an answer that was there already, and what a person does. */
const kinds: readonly [key: string, name: string][] = [
  ["exact", "The same request again (exact)"],
  ["semantic", "A question alike (semantic)"],
  ["joined", "Shared while it ran (joined)"],
];

interface Looks {
  /** Requests that looked into memory, and those that found something. */
  readonly looked: number;
  readonly found: readonly StatsRow[];
  readonly hits: number;
}

/** Of the report's rows by cache state. */
function looksOf(rows: readonly StatsRow[]): Looks {
  const found = rows.filter((r) => r.requests > 0 && kinds.some(([key]) => key === r.key));
  const hits = found.reduce((n, r) => n + r.requests, 0);
  const missed = rows.find((r) => r.key === "miss")?.requests ?? 0;
  return { looked: hits + missed, found, hits };
}

/** What memory did, in a line; where it did nothing, what a person can do about it. */
export function memoryLine(rows: readonly StatsRow[]): string {
  const { looked, found, hits } = looksOf(rows);
  if (looked === 0)
    return 'Memory: off, or no request could use it. "cache": {} in the configuration turns it on; answers that chance has a part in (a temperature above 0, or none said) need "anyTemperature": true there.';
  if (hits === 0)
    return `Memory: looked up ${count(looked)} ${looked === 1 ? "time" : "times"} and never found an answer: the same request has to come twice from the same program and folder, before "ttlSeconds" are over. "semantic" in the configuration's "cache" also finds questions in other words.`;
  const each = found.map((r) => `${r.key} ${count(r.requests)}`).join(", ");
  return `Memory: ${partOf(hits, looked)} hits (${each}, miss ${count(looked - hits)})`;
}

/** Answers that were there already, by how they were found. None: there were none. */
export function memoryTables(rows: readonly StatsRow[]): Table[] {
  const { looked, found, hits } = looksOf(rows);
  if (hits === 0) return [];
  const line = (name: string, of: readonly StatsRow[]): string[] => {
    const sum = (key: "requests" | "recalledSavedMs" | "recalledSavedNanos"): number =>
      of.reduce((n, r) => n + r[key], 0);
    return [
      name,
      count(sum("requests")),
      partOf(sum("requests"), looked),
      sum("recalledSavedMs") > 0 ? about(sum("recalledSavedMs")) : "–",
      sum("recalledSavedNanos") > 0 ? money(sum("recalledSavedNanos"), true) : "–", // free, or of unknown price
    ];
  };
  const lines = kinds.flatMap(([key, name]) => {
    const of = found.filter((r) => r.key === key);
    return of.length > 0 ? [line(name, of)] : [];
  });
  return [
    {
      title: "Memory",
      note: `Answers that were there already. The hit rate is their share of the ${plural(looked, "request")} that looked. The time and money saved are estimates: what asking the same model again would have taken and cost.`,
      head: ["Found", "Answers given", "Hit rate", "Time saved", "Money saved"],
      rows: lines.length > 1 ? [...lines, line("All", found)] : lines,
    },
  ];
}
