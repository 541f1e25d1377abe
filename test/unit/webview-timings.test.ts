import assert from "node:assert/strict";
import type { Trace, TraceAttempt } from "../../server/protocol/trace.ts";
import { sooner, soonerBy, wasted } from "../../webview/timings/early.ts";
import { answeredBy, filter, shownOf, TraceList, timesByModel, totalOf } from "../../webview/timings/list.ts";
import { memoryFacts, timeSaved } from "../../webview/timings/memory.ts";
import { stepOf } from "../../webview/timings/steps.ts";
import { piecesOf, releaseOf, ticks, waterfall } from "../../webview/timings/waterfall.ts";

const attempt = (more: Partial<TraceAttempt>): TraceAttempt => ({
  model: "small",
  provider: "gpu",
  role: "primary",
  startMs: 1,
  firstTokenMs: null,
  endMs: null,
  outcome: null,
  error: null,
  usage: null,
  costNanos: 0,
  ...more,
});
const trace = (id: string, more: Partial<Trace> = {}): Trace => ({
  id,
  startedAt: "2026-11-21T10:00:00.000Z",
  surface: "http",
  wire: "openai.chat",
  kind: "chat",
  stream: true,
  client: "curl",
  workspace: null,
  session: null,
  messages: 1,
  chars: 10,
  status: "ok",
  error: null,
  finish: "stop",
  privacy: { verdict: "anywhere", rule: "default" },
  decision: null,
  spans: [],
  attempts: [],
  cache: "off",
  ttftMs: null,
  totalMs: null,
  usage: null,
  cost: { nanos: 0, wasteNanos: 0, baselineNanos: null, savedNanos: null, estimated: false },
  savedMs: null,
  recalled: null,
  features: null,
  feedback: null,
  arm: null,
  ...more,
});

/** Of a judge and of an answer that began before its verdict, at 640 ms: confirmed or rejected. */
const speculated = (confirmed: boolean, more: Partial<Trace> = {}): Trace =>
  trace("s", {
    totalMs: 1_000,
    ttftMs: confirmed ? 640 : 810,
    spans: [
      { name: "judge", startMs: 10, durationMs: 630, attempt: null },
      { name: "hold", startMs: 10, durationMs: 630, attempt: 1 },
      { name: "queue", startMs: 9, durationMs: 1, attempt: 1 },
    ],
    attempts: [
      attempt({ model: "tiny", role: "judge", startMs: 10, firstTokenMs: 630, endMs: 639, outcome: "served" }),
      attempt({
        role: "speculative",
        startMs: 10,
        firstTokenMs: 200,
        endMs: confirmed ? 990 : 641,
        outcome: confirmed ? "served" : "discarded",
        usage: { input: 10, cachedInput: 0, cacheWrite: 0, output: 9, reasoning: 0, source: "estimate" },
        costNanos: 400_000,
      }),
      ...(confirmed
        ? []
        : [attempt({ model: "large", startMs: 642, firstTokenMs: 810, endMs: 990, outcome: "served" })]),
    ],
    cost: {
      nanos: 900_000,
      wasteNanos: confirmed ? 0 : 400_000,
      baselineNanos: null,
      savedNanos: null,
      estimated: true,
    },
    savedMs: { speculation: confirmed ? 190 : 0, hedge: 0 },
    ...more,
  });

describe("the waterfall of a request", () => {
  const fallback = trace("t", {
    totalMs: 200,
    spans: [
      { name: "record", startMs: 199, durationMs: 1, attempt: null },
      { name: "stream", startMs: 80, durationMs: 118, attempt: 1 },
      { name: "connect", startMs: 51, durationMs: 2, attempt: 1 },
      { name: "decide", startMs: 0.2, durationMs: 0.1, attempt: null },
    ],
    attempts: [
      attempt({ startMs: 1, endMs: 50, outcome: "failed" }),
      attempt({ model: "large", role: "fallback", startMs: 51, firstTokenMs: 80, endMs: 198, outcome: "served" }),
    ],
  });

  it("lists steps in the order in which they began, an attempt's own below it", () => {
    assert.deepEqual(
      waterfall(fallback).bars.map((b) => [b.label, b.inside, b.outcome]),
      [
        ["decide", false, null],
        ["small (primary)", false, "failed"],
        ["large (fallback)", false, "served"],
        ["connect", true, null],
        ["stream", true, null],
        ["record", false, null],
      ],
    );
  });
  it("splits an attempt at its first token, on one axis for all", () => {
    const { bars, endMs } = waterfall(fallback);
    assert.equal(endMs, 200);
    assert.deepEqual(piecesOf(bars[2]!, endMs), [
      { what: "wait", x: 51 / 200, width: 80 / 200 - 51 / 200 },
      { what: "stream", x: 80 / 200, width: 198 / 200 - 80 / 200 },
    ]);
    assert.deepEqual(piecesOf(bars[1]!, endMs), [{ what: "wait", x: 0.005, width: 0.245 }]);
  });
  it("draws what was kept back until its release apart from what was passed on", () => {
    const { bars, endMs } = waterfall(speculated(true));
    assert.deepEqual(
      bars.map((b) => [b.label, b.inside]),
      [
        ["judge", false],
        ["tiny (judge)", false],
        ["small (speculative)", false],
        ["queue: waited for a place", true],
        ["hold: kept back for the judge", true],
      ],
    );
    const early = bars[2]!;
    assert.deepEqual(
      piecesOf(early, endMs).map((p) => [p.what, p.x]),
      [
        ["wait", 0.01],
        ["held", 0.2],
        ["stream", 0.64],
      ],
    );
    assert.equal(releaseOf(early, endMs), 0.64);
    assert.equal(releaseOf(bars[1]!, endMs), null);
  });
  it("draws no release of what was rejected, or of what its client left", () => {
    const left = speculated(true, { status: "cancelled", ttftMs: null });
    left.attempts[1]!.outcome = "cancelled";
    for (const t of [speculated(false), left]) {
      const { bars, endMs } = waterfall(t);
      const early = bars.find((b) => b.label === "small (speculative)")!;
      assert.deepEqual(
        piecesOf(early, endMs).map((p) => p.what),
        ["wait", "held"],
      );
      assert.equal(releaseOf(early, endMs), null);
    }
  });
  it("draws nothing as kept back when the verdict came before the first token, whose attempt the hold can't know", () => {
    const early = speculated(true);
    early.spans[1] = { name: "hold", startMs: 10, durationMs: 90, attempt: null };
    const { bars, endMs } = waterfall(early);
    assert.deepEqual(
      piecesOf(bars[2]!, endMs).map((p) => p.what),
      ["wait", "stream"],
    );
    assert.equal(releaseOf(bars[2]!, endMs), 0.1);
    assert.deepEqual([bars[4]!.label, bars[4]!.inside], ["hold: kept back for the judge", true]);
  });
  it("gives what is too short to be seen a width, inside the axis", () => {
    const { bars, endMs } = waterfall(fallback);
    for (const bar of bars)
      for (const p of piecesOf(bar, endMs)) {
        assert.ok(p.width >= 0.005 && p.x >= 0 && p.x + p.width <= 1 + 1e-9, JSON.stringify(p));
      }
  });
  it("lets what still runs reach the end, past all that is known", () => {
    const fall = waterfall(trace("t", { status: "running", attempts: [attempt({ startMs: 10, firstTokenMs: 90 })] }));
    assert.ok(fall.endMs > 90);
    const pieces = piecesOf(fall.bars[0]!, fall.endMs);
    assert.equal(fall.bars[0]!.outcome, "running");
    assert.ok(Math.abs(pieces[1]!.x + pieces[1]!.width - 1) < 1e-9);
  });
  it("is empty, and still has an axis, when nothing was measured", () => {
    const fall = waterfall(trace("t"));
    assert.deepEqual(fall.bars, []);
    assert.ok(fall.endMs > 0);
  });
  it("marks the axis at round places", () => {
    assert.deepEqual(ticks(411), [0, 100, 200, 300, 400]);
    assert.deepEqual(ticks(1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(ticks(0.07), [0, 0.02, 0.04, 0.06]);
    for (const end of [0.3, 7, 99, 12_345]) assert.ok(ticks(end).length <= 7 && ticks(end).length >= 3, String(end));
  });
});

describe("the table of steps", () => {
  const stepsOf = (t: Trace) => waterfall(t).bars.map((bar) => stepOf(t, bar));
  it("says why an attempt failed, though another one answered", () => {
    const [failed, served] = stepsOf(
      trace("t", {
        totalMs: 200,
        attempts: [
          attempt({
            endMs: 50,
            outcome: "failed",
            error: { code: "upstream_error", message: "gpu is out of memory." },
          }),
          attempt({ model: "large", startMs: 51, firstTokenMs: 80, endMs: 198, outcome: "served" }),
        ],
      }),
    );
    assert.equal(failed?.fault, "upstream_error: gpu is out of memory.");
    assert.equal(served?.fault, null);
    assert.deepEqual(served?.cells.slice(0, 4), ["51 ms", "147 ms", "80 ms", "served"]);
  });
  it("says of an early start whether and when it was released, and strikes out what was discarded", () => {
    const outcomes = (t: Trace) =>
      stepsOf(t)
        .filter((s) => !s.inside && s.label !== "judge")
        .map((s) => [s.label, s.cells[3], s.discarded]);
    assert.deepEqual(outcomes(speculated(true)), [
      ["tiny (judge)", "verdict used", false],
      ["small (speculative)", "served, released at 640 ms", false],
    ]);
    assert.deepEqual(outcomes(speculated(false)), [
      ["tiny (judge)", "verdict used", false],
      ["small (speculative)", "discarded, held until 640 ms", true],
      ["large (primary)", "served", false],
    ]);
  });
  it("says that a step runs only while its request does", () => {
    const begun = { attempts: [attempt({ startMs: 10, firstTokenMs: 90 })] };
    const durations = (t: Trace) => stepsOf(t).map((s) => s.cells[1]);
    assert.deepEqual(durations(trace("t", { ...begun, status: "running" })), ["running"]);
    assert.deepEqual(durations(trace("t", { ...begun, status: "interrupted" })), ["–"]);
  });
});

describe("what began early", () => {
  it("is said to have cost something for nothing, or to have come sooner, only when it did", () => {
    const confirmed = speculated(true);
    assert.deepEqual([wasted(confirmed), sooner(confirmed)], [null, "≈\u00a0190 ms"]);
    assert.deepEqual(soonerBy(confirmed), [["Sooner by an early start", "≈\u00a0190 ms"]]);
    const rejected = speculated(false);
    assert.deepEqual([wasted(rejected), sooner(rejected), soonerBy(rejected)], ["≈\u00a0$0.00040", null, []]);
    assert.deepEqual([wasted(trace("t")), sooner(trace("t")), soonerBy(trace("t"))], [null, null, []]);
  });
  it("is said to be unknown where a price is, and an estimate only where it is one", () => {
    const { cost } = speculated(false);
    assert.equal(wasted(speculated(false, { cost: { ...cost, wasteNanos: null } })), "unknown");
    const reported = speculated(false);
    reported.attempts[1]!.usage!.source = "provider";
    assert.equal(wasted(reported), "$0.00040");
  });
  it("adds up what an early start and a second attempt saved", () => {
    const both = trace("t", { savedMs: { speculation: 200, hedge: 1_000 } });
    assert.equal(sooner(both), "≈\u00a01.20 s");
    assert.equal(soonerBy(both).length, 2);
  });
});

describe("a request whose answer was there already", () => {
  const recalled = { trace: "t1", ageMs: 180_000, similarity: null, savedMs: 1_800, savedNanos: 1_234_000 };
  const remembered = trace("m", {
    cache: "exact",
    recalled,
    ttftMs: 0.4,
    totalMs: 0.9,
    spans: [
      { name: "admit", startMs: 0, durationMs: 0.1, attempt: null },
      { name: "recall", startMs: 0.1, durationMs: 0.2, attempt: null },
    ],
  });

  it("has a picture and a table though no model was asked", () => {
    const fall = waterfall(remembered);
    assert.deepEqual(
      fall.bars.map((b) => [b.kind, b.label]),
      [
        ["span", "admit"],
        ["span", "recall: looked into memory"],
        ["memory", "answer from memory"],
      ],
    );
    const bar = fall.bars[2]!;
    assert.deepEqual(
      piecesOf(bar, fall.endMs).map((p) => p.what),
      ["wait", "stream"],
    );
    assert.deepEqual(stepOf(remembered, bar).cells.slice(0, 4), ["0.3 ms", "0.6 ms", "0.4 ms", "served"]);
    assert.deepEqual(
      stepOf(remembered, bar).cells.slice(4),
      ["", ""],
      "what it cost is the request's whose answer it is",
    );
  });
  it("shows how long one that joined another waited and was written", () => {
    const joined = trace("j", { ...remembered, cache: "joined", ttftMs: 300, totalMs: 900 });
    const { bars, endMs } = waterfall(joined);
    assert.equal(bars[2]?.label, "answer of a request that ran");
    assert.ok(Math.abs(piecesOf(bars[2]!, endMs)[1]!.x - 300 / 900) < 1e-9);
    assert.deepEqual(memoryFacts({ ...joined, recalled: { ...recalled, ageMs: 120 } })[0], [
      "Asked",
      "while that request ran, 120 ms after it began",
    ]);
  });
  it("says how it ended when its client left", () => {
    const left = waterfall({ ...remembered, status: "cancelled", ttftMs: null }).bars[2]!;
    assert.equal(left.outcome, "cancelled");
  });
  it("says when the question was asked, how alike it is, and what was saved", () => {
    assert.deepEqual(memoryFacts(remembered), [
      ["Asked", "3 min before"],
      ["Question", "the same"],
      ["Time saved", "≈\u00a01.80 s"],
      ["Money saved", "≈\u00a0$0.0012"],
    ]);
    const semantic = { ...recalled, ageMs: 100, similarity: 0.943, savedMs: 0, savedNanos: null };
    assert.deepEqual(memoryFacts(trace("s", { cache: "semantic", recalled: semantic })), [
      ["Asked", "just before"],
      ["Question", "94\u00a0% alike"],
      ["Time saved", "none"],
      ["Money saved", "unknown"],
    ]);
    assert.deepEqual([memoryFacts(trace("t")), timeSaved(trace("t"))], [[], null]);
  });
  it("is found by that, and is no measure of its model's times", () => {
    const asked = trace("a", { ttftMs: 80, totalMs: 900, attempts: [attempt({ outcome: "served" })] });
    const joined = trace("j", { cache: "joined", recalled, ttftMs: 60, totalMs: 700 });
    assert.deepEqual(filter([asked, joined, remembered], "from memory", "all"), [remembered]);
    assert.deepEqual(filter([asked, joined, remembered], "shared", "all"), [joined]);
    assert.deepEqual(
      timesByModel([asked, joined, remembered]).map((m) => [m.model, m.requests, m.total.p50]),
      [
        ["small", 1, 900],
        ["shared", 1, 700],
        ["from memory", 1, 0.9],
        ["all", 3, 700],
      ],
    );
  });
});

describe("the list of requests", () => {
  it("names the model that answered, not a judge and not one that was discarded", () => {
    assert.equal(answeredBy(speculated(true)), "small");
    assert.equal(answeredBy(speculated(false)), "large");
    const running = speculated(false, { status: "running" });
    running.attempts.pop();
    assert.equal(answeredBy(running), null);
  });
  it("says that a request runs only while it does", () => {
    assert.equal(totalOf(trace("a", { status: "running" })), "running");
    assert.equal(totalOf(trace("a", { status: "interrupted" })), "–");
    assert.equal(totalOf(trace("a", { totalMs: 84 })), "84 ms");
  });
  it("shows the details of what is listed, and of nothing when nothing is", () => {
    const [a, b] = [trace("a"), trace("b")];
    assert.equal(shownOf([a, b], "b"), b);
    assert.equal(shownOf([a], "b"), a);
    assert.equal(shownOf([], "b"), null);
  });

  const at = (s: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, s)).toISOString();
  it("keeps the newest, newest first, each as it is now", () => {
    const list = new TraceList(3);
    list.reset([trace("a", { startedAt: at(1) }), trace("b", { startedAt: at(2), status: "running" })]);
    list.change([trace("c", { startedAt: at(3) }), trace("b", { startedAt: at(2) }), trace("d", { startedAt: at(4) })]);
    assert.deepEqual(
      list.all.map((t) => [t.id, t.status]),
      [
        ["d", "ok"],
        ["c", "ok"],
        ["b", "ok"],
      ],
    );
  });
  it("is filtered by words wherever they stand, and by status", () => {
    const traces = [
      trace("a", { attempts: [attempt({ model: "qwen" })] }),
      trace("b", { status: "error", error: { code: "upstream_timeout", message: "late" }, client: "curl" }),
    ];
    const ids = (text: string, status: Parameters<typeof filter>[2] = "all"): string[] =>
      filter(traces, text, status).map((t) => t.id);
    assert.deepEqual(ids(""), ["a", "b"]);
    assert.deepEqual(ids("QWEN"), ["a"]);
    assert.deepEqual(ids("curl late"), ["b"]);
    assert.deepEqual(ids("qwen late"), []);
    assert.deepEqual(ids("", "error"), ["b"]);
  });
  it("has times by the model that answered, of requests that ended well", () => {
    const served = (model: string, ttftMs: number, totalMs: number): Trace =>
      trace(model + totalMs, { ttftMs, totalMs, attempts: [attempt({ model, outcome: "served" })] });
    const rows = timesByModel([
      served("x", 10, 100),
      served("x", 20, 200),
      served("y", 5, 50),
      trace("e", { status: "error", totalMs: 9_999 }),
    ]);
    assert.deepEqual(rows, [
      { model: "x", requests: 2, ttft: { p50: 10, p95: 20 }, total: { p50: 100, p95: 200 } },
      { model: "y", requests: 1, ttft: { p50: 5, p95: 5 }, total: { p50: 50, p95: 50 } },
      { model: "all", requests: 3, ttft: { p50: 10, p95: 20 }, total: { p50: 100, p95: 200 } },
    ]);
  });
});
