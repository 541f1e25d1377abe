import assert from "node:assert/strict";
import type { Trace, TraceAttempt } from "../../server/protocol/trace.ts";
import { filter, shownOf, TraceList, timesByModel, totalOf } from "../../webview/timings/list.ts";
import { stepOf } from "../../webview/timings/steps.ts";
import { piecesOf, ticks, waterfall } from "../../webview/timings/waterfall.ts";

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
  it("says that a step runs only while its request does", () => {
    const begun = { attempts: [attempt({ startMs: 10, firstTokenMs: 90 })] };
    const durations = (t: Trace) => stepsOf(t).map((s) => s.cells[1]);
    assert.deepEqual(durations(trace("t", { ...begun, status: "running" })), ["running"]);
    assert.deepEqual(durations(trace("t", { ...begun, status: "interrupted" })), ["–"]);
  });
});

describe("the list of requests", () => {
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
