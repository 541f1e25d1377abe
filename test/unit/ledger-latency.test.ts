import assert from "node:assert/strict";
import { LatencyWindow } from "../../server/io/ledger/latency.ts";
import type { Trace, TraceAttempt } from "../../server/protocol/trace.ts";

describe("the time to a model's first token", () => {
  const attempt = (model: string, more: Partial<TraceAttempt>): TraceAttempt => ({
    model,
    provider: "gpu",
    role: "primary",
    startMs: 0,
    firstTokenMs: null,
    endMs: null,
    outcome: "served",
    error: null,
    usage: null,
    costNanos: 0,
    ...more,
  });
  const answered = (model: string, ms: number, more: Partial<TraceAttempt> = {}) =>
    attempt(model, { firstTokenMs: ms, endMs: ms + 9, ...more });
  const dropped = (model: string, ms: number, more: Partial<TraceAttempt> = {}) =>
    attempt(model, { endMs: ms, outcome: "discarded", ...more });
  const windowOf = (traces: readonly TraceAttempt[][]) => {
    const w = new LatencyWindow();
    // All that the window looks at.
    for (const attempts of traces) w.add({ stream: true, attempts, spans: [] as Trace["spans"] } as Trace);
    return w.result();
  };
  const each = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it("is by nearest rank, with the mean of the slowest once there are enough", () => {
    const nineteen = windowOf(each(1, 19).map((ms) => [answered("m", ms)]));
    assert.deepEqual(nineteen.get("m"), { p50: 10, p95: 19, tail: null, n: 19 });
    const forty = windowOf(each(1, 40).map((ms) => [answered("m", ms)]));
    assert.deepEqual(forty.get("m"), { p50: 20, p95: 38, tail: 39, n: 40 });
  });

  it("does not sink because hedges win against the slow ones", () => {
    const quick = each(1, 90).map((ms) => [answered("m", ms)]);
    const slow = each(91, 100).map(() => [dropped("m", 95), answered("twin", 30, { role: "hedge", startMs: 20 })]);
    const found = windowOf([...quick, ...slow]).get("m");
    assert.deepEqual(found, { p50: 50, p95: 95, tail: 95, n: 100 });
  });

  it("does not sink because of hedges that lose after a moment", () => {
    const twin = each(101, 140).map((ms) => [answered("twin", ms)]);
    const lost = each(1, 40).map(() => [answered("m", 200), dropped("twin", 205, { role: "hedge", startMs: 200 })]);
    const { p50, p95 } = windowOf([...twin, ...lost]).get("twin")!;
    assert.deepEqual([p50, p95], [120, 138]);
  });

  it("counts rejected early starts that were slow as well as those that were quick", () => {
    // Answers take 1…100 ms; of each second one a judge wants no answer, after 40 ms.
    const traces = each(1, 100).map((ms) => [
      ms % 2 === 0 || ms <= 40 ? answered("m", ms) : dropped("m", 40, { role: "speculative" }),
    ]);
    const { p50, p95 } = windowOf(traces).get("m")!;
    assert.ok(Math.abs(p50 - 50) <= 2 && Math.abs(p95 - 95) <= 3, `${p50}, ${p95}`);
  });

  it("is not known of judges, of what its client left, or of a model that never answered", () => {
    const found = windowOf([
      [answered("m", 5), answered("tiny", 3, { role: "judge" })],
      [attempt("left", { endMs: 50, outcome: "cancelled" })],
      [dropped("twin", 50, { role: "hedge" })],
    ]);
    assert.deepEqual([...found.keys()], ["m"]);
  });
});
