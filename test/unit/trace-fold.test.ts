import assert from "node:assert/strict";
import type { Fact } from "../../server/domain/fact.ts";
import { foldFact, mainAttempt, startTrace } from "../../server/domain/trace.ts";
import { type Trace, traceSchema } from "../../server/protocol/trace.ts";
import { factsOf, usage } from "../support/facts.ts";

const f = factsOf("r1", Date.UTC(2026, 10, 21, 10));
function fold(...facts: Exclude<Fact, { type: "started" }>[]): Trace {
  const trace = startTrace(f.started());
  for (const fact of facts) foldFact(trace, fact);
  return traceSchema.parse(trace);
}
const money = ({ cost }: Trace) => [cost.nanos, cost.wasteNanos, cost.baselineNanos, cost.savedNanos];

describe("a trace", () => {
  it("is running, and has cost nothing, when it begins", () => {
    const trace = fold();
    assert.deepEqual([trace.status, trace.startedAt], ["running", "2026-11-21T10:00:00.000Z"]);
    assert.deepEqual(money(trace), [0, 0, null, null]);
  });

  it("costs at least its input while an attempt runs, as an estimate", () => {
    const trace = fold(f.attempted());
    assert.deepEqual([trace.cost.nanos, trace.cost.estimated], [1_000, true]);
  });

  it("takes usage, cost and baseline from what was served", () => {
    const trace = fold(f.decided(), f.attempted(), f.firstToken(), f.settled(), f.ended());
    assert.deepEqual(money(trace), [3_000, 0, 10_000, 7_000]);
    assert.deepEqual([trace.usage, trace.cost.estimated, trace.ttftMs], [usage(10, 20), false, 30]);
  });

  it("adds up all attempts; a failed one has neither usage nor baseline to show", () => {
    const trace = fold(
      f.attempted(),
      f.settled({
        outcome: "failed",
        error: { code: "upstream_error", message: "no" },
        costNanos: 400,
        baselineNanos: 99,
      }),
      f.attempted({ attempt: 1, model: "large", role: "fallback" }),
      f.firstToken(50, 1),
      f.settled({ attempt: 1 }),
    );
    assert.deepEqual(money(trace), [3_400, 0, 10_000, 6_600]);
    assert.equal(mainAttempt(trace)?.model, "large");
  });

  it("calls what was bought for nothing waste, and never a saving", () => {
    const trace = fold(f.attempted(), f.settled({ outcome: "discarded", costNanos: 700 }), f.ended());
    assert.deepEqual(money(trace), [700, 700, null, null]);
    assert.equal(trace.usage, null);
  });

  it("counts a vector that came after its end, which is no answer", () => {
    const vector = { attempt: 1, model: "embed", role: "enrich", costNanos: 200 } as const;
    const whole = [f.decided(), f.attempted(), f.firstToken(), f.settled(), f.ended()];
    const trace = fold(...whole, f.attempted(vector), f.settled({ ...vector, usage: usage(11, 0) }));
    assert.deepEqual(money(trace), [3_200, 0, 10_000, 6_800]);
    assert.deepEqual([trace.usage, trace.attempts[1]?.outcome], [usage(10, 20), "served"]);
    assert.equal(mainAttempt(trace)?.model, "small");
  });

  it("given from memory, cost what finding it cost, and was answered by no attempt of its own", () => {
    const recalled = {
      from: { trace: "r0", ageMs: 1, similarity: 0.95, savedMs: 1, savedNanos: 1 },
      baselineNanos: 10_000,
      estimated: false,
    };
    const trace = fold(
      f.decided(),
      f.attempted({ model: "embed", role: "enrich" }),
      f.settled({ costNanos: 200, usage: usage(11, 0) }),
      f.ended({ cache: "semantic", recalled }),
    );
    assert.deepEqual([...money(trace), trace.cost.estimated], [200, 0, 10_000, 9_800, false]);
    assert.equal(mainAttempt(trace), null);
  });

  it("knows no cost when the price of one attempt is unknown", () => {
    const trace = fold(f.attempted(), f.settled(), f.attempted({ attempt: 1, costNanos: null }));
    assert.deepEqual(money(trace), [null, 0, 10_000, null]);
  });

  it("keeps what a client saw before it broke off", () => {
    const trace = fold(
      f.attempted(),
      f.firstToken(),
      f.settled({ outcome: "cancelled" }),
      f.ended({ status: "cancelled" }),
    );
    assert.deepEqual(trace.usage, usage(10, 20));
    assert.equal(trace.cost.savedNanos, 7_000);
  });

  it("calls waste what was answered after its request had ended, and nobody's usage", () => {
    const ended = f.ended({ status: "cancelled", ttftMs: null, delivered: null });
    for (const outcome of ["served", "cancelled"] as const) {
      const trace = fold(f.attempted({ role: "speculative" }), f.firstToken(), ended, f.settled({ outcome }));
      assert.deepEqual(trace.attempts[0]!.outcome, outcome === "served" ? "discarded" : outcome);
      assert.deepEqual(money(trace), [3_000, outcome === "served" ? 3_000 : 0, null, null]);
      assert.equal(trace.usage, null);
    }
  });

  it("saves nothing with an answer that failed, whatever of it was seen", () => {
    const trace = fold(
      f.attempted(),
      f.firstToken(),
      f.settled({ outcome: "failed" }),
      f.ended({ status: "error", error: { code: "upstream_error", message: "broke off" } }),
    );
    assert.deepEqual([trace.cost.nanos, trace.cost.savedNanos], [3_000, null]);
  });
});
