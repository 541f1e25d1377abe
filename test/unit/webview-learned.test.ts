import assert from "node:assert/strict";
import type { LearnedReport } from "../../server/protocol/learned.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { effect, learnedNote, learnedTable, points } from "../../webview/stats/learned.ts";
import { deciding, feedbackFacts } from "../../webview/timings/deciding.ts";

const nothing: LearnedReport = { enabled: true, since: null, rows: [] };
const row: LearnedReport["rows"][number] = {
  task: "explain",
  model: "small",
  answers: 12,
  weight: 11.2,
  expected: 0.7,
  reward: 0.254,
  shift: -0.123,
};

describe("what was learned", () => {
  it("stands in a line for each task and model, in points", () => {
    const table = learnedTable({ ...nothing, rows: [row, { ...row, model: "large", shift: 0.042 }] });
    assert.deepEqual(table?.rows, [
      ["explain", "small", "12", "70", "25", "−12 (worse than expected)"],
      ["explain", "large", "12", "70", "25", "+4 (better than expected)"],
    ]);
    assert.equal(table?.head.length, table?.rows[0]?.length);
  });
  it("says how it learns while there is nothing, and has no table", () => {
    assert.equal(learnedTable(nothing), null);
    assert.match(learnedNote(nothing), /^Nothing yet\. Keep, change or undo/);
  });
  it("says when it is off, and that it moves nothing then", () => {
    assert.match(learnedNote({ ...nothing, enabled: false }), /off \("enabled": false.*nothing .*moves a choice/);
    assert.match(learnedNote({ enabled: false, since: null, rows: [row] }), /off.*moves no choice/);
  });
  it("says since when it counts", () => {
    assert.match(
      learnedNote({ ...nothing, since: "2026-11-21T10:00:00.000Z" }),
      /since the reset of 2026-11-2\d \d\d:/,
    );
    assert.doesNotMatch(learnedNote(nothing), /since the reset/);
  });
  it("has no sign where it moves nothing", () => {
    assert.deepEqual([points(0.002), points(-0.002), effect(0.002)], ["0", "0", "as expected"]);
    assert.deepEqual([points(0.3), points(-0.3)], ["+30", "−30"]);
  });
});

describe("a request's details", () => {
  const bare = { feedback: null, features: null, arm: null } as Trace;
  it("tell what was done with the answer and what it made of it", () => {
    const at = new Date(2026, 10, 21, 10, 30).toISOString();
    const feedback = {
      reward: 0,
      signals: [
        { signal: "kept", at },
        { signal: "undone", at },
      ],
    } as Trace["feedback"];
    assert.deepEqual(feedbackFacts({ ...bare, feedback }), [
      ["10:30:00", "kept as it was"],
      ["10:30:00", "undone or deleted"],
      ["Reward", "0 of 100"],
    ]);
    assert.deepEqual(feedbackFacts(bare), []);
  });
  it("tell what the decision was made of, and which arm of an experiment made it", () => {
    const features = { weak: 0.62, strong: 0.81, score: 0.4, novelty: 0.25, last: "small" } as Trace["features"];
    const facts = deciding({ ...bare, features, arm: { experiment: "cheaper", arm: "control" } });
    assert.deepEqual(facts, [
      ["Expected to answer well", "weak model 62 %, strong model 81 %"],
      ["New words", "25 % of the prompt's words are unknown to the classifier"],
      ["Answered before", "small"],
      ["Experiment", "cheaper, arm control"],
    ]);
    assert.deepEqual(deciding(bare), []);
  });
});
