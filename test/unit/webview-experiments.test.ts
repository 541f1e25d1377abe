import assert from "node:assert/strict";
import { Statistics } from "../../server/io/ledger/statistics.ts";
import { reportOf } from "../../server/logic/experiments/report.ts";
import { Tally } from "../../server/logic/experiments/tally.ts";
import { experimentSchema } from "../../server/protocol/experiment-config.ts";
import type { ExperimentReport } from "../../server/protocol/experiments.ts";
import { reportGroupings } from "../../server/protocol/pages.ts";
import type { Report } from "../../server/protocol/webview.ts";
import { experimentTables } from "../../webview/stats/experiments.ts";
import { toMarkdown } from "../../webview/stats/report.ts";

function experiment(metric: ExperimentReport["metric"], requests: number): ExperimentReport {
  const e = experimentSchema.parse({
    name: "cheaper",
    unit: "session",
    metric,
    arms: [{ strategy: "control" }, { name: "cheap", strategy: "cost-aggressive", share: 0.5 }],
  });
  const tally = new Tally(e);
  for (let i = 0; i < requests; i++)
    tally.add({
      at: i,
      arm: i % 2,
      unit: `s${i}`,
      failed: i % 2 === 1,
      usd: 0.002 - 0.001 * (i % 2),
      ms: 80,
      reward: null,
    });
  return reportOf(e, tally, { state: "running", shares: [0.5, 0.5], cut: false });
}

describe("an experiment in the report", () => {
  it("has a line for each arm with as many cells as heads, differences with unit and sign, and the verdict", () => {
    const [table] = experimentTables([experiment("cost", 200)]);
    assert.equal(table?.title, "Experiment cheaper");
    for (const cells of table.rows) assert.equal(cells.length, table.head.length);
    const [first, cheap] = table.rows;
    assert.deepEqual(first?.slice(0, 7), ["control", "50 %", "100", "0", "–", "–", "$0.0020"]);
    assert.equal(cheap?.[0], "cheap (cost-aggressive)");
    assert.match(cheap?.[4] ?? "", /^−\$0\.0010 \(−\$0\.\d+ to −\$0\.\d+\)$/);
    assert.match(table.note ?? "", /^Running\. control wins.*cheap was stopped: 100 % of its requests failed/);
  });

  it("says that too little is known where it is", () => {
    const [table] = experimentTables([experiment("reward", 20)]);
    assert.match(table?.note ?? "", /No winner yet/);
    assert.deepEqual(table?.rows[1]?.slice(4, 6), ["–", "–"]);
  });

  it("is copied with the report, and is nowhere where none is configured", () => {
    const learned = { enabled: true, since: null, rows: [] };
    const { total } = new Statistics("model").result();
    const by = Object.fromEntries(reportGroupings.map((g) => [g, { from: null, to: null, by: g, total, rows: [] }]));
    const report = {
      period: "all" as const,
      from: null,
      at: "2026-11-21T10:00:00.000Z",
      by: by as unknown as Report["by"],
      learned,
    };
    assert.match(
      toMarkdown({ ...report, experiments: [experiment("latency", 100)] }),
      /## Experiment cheaper\n\nRunning/,
    );
    assert.doesNotMatch(toMarkdown({ ...report, experiments: [] }), /xperiment/);
  });
});
