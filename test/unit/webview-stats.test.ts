import assert from "node:assert/strict";
import { reportGroupings } from "../../server/protocol/pages.ts";
import type { Stats, StatsRow } from "../../server/protocol/stats.ts";
import type { Report } from "../../server/protocol/webview.ts";
import { cacheLine, figures, tables, toMarkdown } from "../../webview/stats/report.ts";

const row = (key: string, more: Partial<StatsRow> = {}): StatsRow => ({
  key,
  requests: 10,
  ok: 10,
  error: 0,
  cancelled: 0,
  interrupted: 0,
  running: 0,
  ttftMs: { p50: 80, p95: 400 },
  totalMs: { p50: 900, p95: 4_000 },
  input: 1_000,
  cachedInput: 0,
  output: 500,
  reasoning: 0,
  costNanos: 1_200_000,
  wasteNanos: 0,
  baselineNanos: 4_800_000,
  savedNanos: 3_600_000,
  unknownCost: 0,
  estimated: 0,
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
  ...more,
});
function report(rows: Partial<Record<(typeof reportGroupings)[number], StatsRow[]>>, total = row("total")): Report {
  const by = Object.fromEntries(
    reportGroupings.map((g): [string, Stats] => [g, { from: null, to: null, by: g, total, rows: rows[g] ?? [] }]),
  ) as unknown as Report["by"];
  return {
    period: "7d",
    from: null,
    at: "2026-11-21T10:00:00.000Z",
    by,
    learned: { enabled: true, since: null, rows: [] },
  };
}
const note = (r: Report, name: string): string => figures(r).find((f) => f.name === name)?.note ?? "";

describe("the report", () => {
  it("says which costs are unknown or estimated beside what was spent", () => {
    const spent = figures(report({}, row("total", { unknownCost: 3, estimated: 2 }))).find((f) => f.name === "Spent");
    assert.equal(spent?.value, "≈\u00a0$0.0012");
    assert.match(spent?.note ?? "", /cost of 3 unknown.*2 estimated/);
    assert.equal(note(report({}), "Spent"), "all costs known");
  });
  it("measures what was saved against the baseline, when there is one", () => {
    assert.equal(note(report({}), "Saved"), "75 % of the baseline");
    assert.equal(note(report({}, row("total", { baselineNanos: 0, savedNanos: 0 })), "Saved"), "no baseline price");
  });
  it("lists the busiest models first and the newest days first", () => {
    const [models, , , days] = tables(
      report({
        model: [row("a", { requests: 1 }), row("b", { requests: 9 })],
        day: [row("2026-11-20"), row("2026-11-21")],
      }),
    );
    assert.deepEqual(
      models?.rows.map((r) => r[0]),
      ["b", "a"],
    );
    assert.deepEqual(
      days?.rows.map((r) => r[0]),
      ["2026-11-21", "2026-11-20"],
    );
    for (const table of tables(report({ model: [row("a")] })))
      for (const cells of table.rows) assert.equal(cells.length, table.head.length);
  });
  it("counts what an end cut short as failed, with its share", () => {
    const [models] = tables(report({ model: [row("a", { ok: 7, error: 2, interrupted: 1 })] }));
    assert.equal(models?.rows[0]?.[2], "3 (30 %)");
  });
  it("says that memory is off and how it is turned on, or what it did", () => {
    assert.match(cacheLine(report({ cache: [row("off")] })), /^Memory: off.*"cache": \{\}.*"anyTemperature": true/);
    const used = report({ cache: [row("off"), row("exact", { requests: 30 }), row("miss", { requests: 90 })] });
    assert.equal(cacheLine(used), "Memory: 25 % hits (exact 30, miss 90)");
  });
  it("says so when memory is on and never finds anything, with a hint", () => {
    const never = report({ cache: [row("off"), row("miss", { requests: 40 })] });
    assert.match(cacheLine(never), /looked up 40 times and never found an answer: .*"semantic"/);
    assert.match(cacheLine(report({ cache: [row("miss", { requests: 1 })] })), /looked up 1 time and/);
    assert.ok(!toMarkdown(never).includes("## Memory"));
    assert.ok(toMarkdown(never).includes("never found an answer"));
  });
  it("has a table of what memory gave and saved, by how it was found", () => {
    const saved = (requests: number, recalledSavedMs: number, recalledSavedNanos: number) => ({
      requests,
      recalled: requests,
      recalledSavedMs,
      recalledSavedNanos,
    });
    const used = report({
      cache: [
        row("off", { requests: 500 }),
        row("miss", { requests: 60 }),
        row("joined", saved(10, 0, 0)),
        row("exact", saved(30, 60_000, 12_000_000)),
      ],
    });
    const [table] = tables(used);
    assert.equal(table?.title, "Memory");
    assert.match(table?.note ?? "", /the 100 requests that looked/);
    assert.deepEqual(table?.rows, [
      ["The same request again (exact)", "30", "30 %", "≈\u00a01 min 00 s", "≈\u00a0$0.012"],
      ["Shared while it ran (joined)", "10", "10 %", "–", "–"],
      ["All", "40", "40 %", "≈\u00a01 min 00 s", "≈\u00a0$0.012"],
    ]);
    assert.equal(table?.head.length, table?.rows[0]?.length);
    assert.match(toMarkdown(used), /## Memory[\s\S]*\| All \| 40 \| 40 % \|/);
  });
  it("gives one way of finding answers no sum of its own", () => {
    const [table] = tables(report({ cache: [row("semantic", { requests: 2 }), row("miss", { requests: 998 })] }));
    assert.deepEqual(table?.rows, [["A question alike (semantic)", "2", "< 1 %", "–", "–"]]);
  });
  it("tells of speculation and hedging only when there was some", () => {
    assert.ok(!toMarkdown(report({})).includes("Speculation"));
    const early = { speculated: 4, speculationWasteNanos: 300_000, speculationSavedMs: 3_800 };
    const [table] = tables(report({}, row("total", { ...early, estimated: 1 })));
    assert.equal(table?.title, "Speculation and hedging");
    assert.deepEqual(table?.rows, [["Speculation", "4", "≈\u00a0$0.00030", "25 %", "≈\u00a0950 ms", "≈\u00a03.80 s"]]);
    assert.equal(table?.head.length, table?.rows[0]?.length);
  });
  it("makes neither a small waste nothing nor a share of nothing", () => {
    const hedged = { hedged: 2, hedgeWasteNanos: 100, hedgeSavedMs: 0 };
    const rows = (more: Partial<StatsRow>) => tables(report({}, row("total", { ...hedged, ...more })))[0]?.rows;
    assert.deepEqual(rows({}), [["Hedging", "2", "$0.00000010", "< 1 %", "–", "–"]]);
    assert.equal(rows({ costNanos: 0, hedgeWasteNanos: 0 })?.[0]?.[3], "–");
  });
  it("is copied as Markdown whose tables hold whatever a key holds", () => {
    const text = toMarkdown(report({ model: [row("a|b")] }));
    assert.match(text, /^# Switchyard routing stats: 7 days/);
    assert.match(text, /\| a\\\|b \| 10 \|/);
  });
});
