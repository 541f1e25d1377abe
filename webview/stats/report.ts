import type { Period } from "../../server/protocol/pages.ts";
import type { StatsRow } from "../../server/protocol/stats.ts";
import type { Report } from "../../server/protocol/webview.ts";
import { count, dateTime, duration, percent, sum } from "../kit/format.ts";
import { earlyTables } from "./early.ts";
import { experimentTables } from "./experiments.ts";
import { learnedNote, learnedTable, learnedTitle } from "./learned.ts";
import { memoryLine, memoryTables } from "./memory.ts";
import type { Table } from "./table.ts";

export const periodTitles: Record<Period, string> = {
  today: "Today",
  "7d": "7 days",
  "30d": "30 days",
  all: "All time",
};

/** What an empty report says. */
export const emptyTitles: Record<Period, string> = {
  today: "No requests yet today",
  "7d": "No requests in the last 7 days",
  "30d": "No requests in the last 30 days",
  all: "No requests yet",
};

/** Heads break into two lines at most. */
const rowHead = [
  ...["Requests", "Failed", "First\u00a0token p50", "First\u00a0token p95", "Total p50", "Total p95"],
  ...["Tokens in", "Tokens out", "Spent", "Saved"],
];

const cells = (r: StatsRow): string[] => [
  count(r.requests),
  r.error + r.interrupted === 0
    ? "0"
    : `${count(r.error + r.interrupted)} (${percent((r.error + r.interrupted) / r.requests)})`,
  duration(r.ttftMs.p50),
  duration(r.ttftMs.p95),
  duration(r.totalMs.p50),
  duration(r.totalMs.p95),
  count(r.input),
  count(r.output),
  sum(r.costNanos, r.unknownCost, r.estimated),
  sum(r.savedNanos, 0, r.estimated),
];

export function tables(report: Report): Table[] {
  const by = (title: string, key: string, rows: readonly StatsRow[]): Table => ({
    title,
    head: [key, ...rowHead],
    rows: rows.map((r) => [r.key || "none", ...cells(r)]),
  });
  const busiest = (rows: readonly StatsRow[]): StatsRow[] => [...rows].sort((a, b) => b.requests - a.requests);
  return [
    ...memoryTables(report.by.cache.rows),
    ...earlyTables(report.by.model.total),
    by("Models", "Model", busiest(report.by.model.rows)),
    by("Routes", "Route", busiest(report.by.route.rows)),
    by("Tasks", "Task", busiest(report.by.task.rows)),
    by("Days", "Day", days(report)),
  ];
}

/** The newest first. */
export const days = (report: Report): StatsRow[] => [...report.by.day.rows].sort((a, b) => b.key.localeCompare(a.key));

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** The figures at the top. What isn't known is said beside what is. */
export function figures(report: Report): Figure[] {
  const t = report.by.model.total;
  const ended = [
    `${count(t.ok)} ok`,
    t.error > 0 && `${count(t.error)} failed`,
    t.cancelled > 0 && `${count(t.cancelled)} stopped`,
    t.interrupted > 0 && `${count(t.interrupted)} interrupted`,
    t.running > 0 && `${count(t.running)} running`,
  ].filter((part) => part !== false);
  const share =
    t.baselineNanos > 0 ? `${percent(t.savedNanos / t.baselineNanos)} of the baseline` : "no baseline price";
  return [
    { name: "Requests", value: count(t.requests), note: ended.join(", ") },
    {
      name: "Spent",
      value: sum(t.costNanos, 0, t.estimated),
      note:
        [
          t.unknownCost > 0 && `cost of ${count(t.unknownCost)} unknown: a price is missing`,
          t.estimated > 0 && `${count(t.estimated)} estimated`,
          t.wasteNanos > 0 && `${sum(t.wasteNanos, 0, t.estimated)} wasted`,
        ]
          .filter((part) => part !== false)
          .join(", ") || "all costs known",
    },
    { name: "Saved", value: sum(t.savedNanos, 0, t.estimated), note: share },
    {
      name: "Tokens",
      value: `${count(t.input)} → ${count(t.output)}`,
      note: `${count(t.cachedInput)} read from a provider's cache, ${count(t.reasoning)} reasoning`,
    },
    { name: "First token", value: duration(t.ttftMs.p50), note: `p95 ${duration(t.ttftMs.p95)}` },
    { name: "Total", value: duration(t.totalMs.p50), note: `p95 ${duration(t.totalMs.p95)}` },
  ];
}

/** What the cache did, in a line. */
export const cacheLine = (report: Report): string => memoryLine(report.by.cache.rows);

/** The report as Markdown, for a note or a ticket. */
export function toMarkdown(report: Report): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const table = (t: Table): string[] => [
    `## ${t.title}`,
    "",
    ...(t.note ? [t.note, ""] : []),
    `| ${t.head.map(cell).join(" | ")} |`,
    `|${t.head.map((_, i) => (i === 0 ? "---" : "--:")).join("|")}|`,
    ...t.rows.map((row) => `| ${row.map(cell).join(" | ")} |`),
    "",
  ];
  const learned = learnedTable(report.learned);
  return [
    `# Switchyard routing stats: ${periodTitles[report.period].toLowerCase()}`,
    "",
    `Made ${dateTime(report.at)}. Money in US dollars; ≈ marks an estimate.`,
    "",
    ...figures(report).map((f) => `- ${f.name}: ${f.value} (${f.note})`),
    `- ${cacheLine(report)}`,
    "",
    ...experimentTables(report.experiments ?? []).flatMap(table),
    ...tables(report).flatMap(table),
    ...(learned ? table(learned) : [`## ${learnedTitle}`, "", learnedNote(report.learned), ""]),
  ].join("\n");
}
