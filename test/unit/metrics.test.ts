import assert from "node:assert/strict";
import { foldFact, startTrace } from "../../server/domain/trace.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { Metrics } from "../../server/surfaces/http/metrics.ts";
import { factsOf } from "../support/facts.ts";

describe("the metrics of what began early", () => {
  const lines = (m: Metrics): string[] =>
    m.print(0).match(/^switchyard_(?:waste_dollars|saved_seconds)_total\{.*$/gm) ?? [];
  const hedged = (): Trace => {
    const r = factsOf("a", 0);
    const trace = startTrace(r.started());
    for (const fact of [
      ...[r.attempted(), r.attempted({ attempt: 1, role: "hedge" }), r.firstToken(700, 1)],
      ...[r.settled({ outcome: "discarded", costNanos: 5_000_000 }), r.settled({ attempt: 1 })],
      r.ended({ savedMs: { speculation: 0, hedge: 250 } }),
    ])
      foldFact(trace, fact);
    return trace;
  };

  it("are there from the start, and say which are estimates", () => {
    const m = new Metrics();
    assert.deepEqual(lines(m), [
      'switchyard_waste_dollars_total{by="speculation"} 0',
      'switchyard_waste_dollars_total{by="hedge"} 0',
      'switchyard_saved_seconds_total{by="speculation"} 0',
      'switchyard_saved_seconds_total{by="hedge"} 0',
    ]);
    assert.match(m.print(0), /# HELP switchyard_saved_seconds_total .*estimated\.\n/);
  });
  it("add up in dollars and seconds", () => {
    const m = new Metrics();
    m.ended(hedged());
    m.ended(hedged());
    assert.ok(lines(m).includes('switchyard_waste_dollars_total{by="hedge"} 0.01'));
    assert.ok(lines(m).includes('switchyard_saved_seconds_total{by="hedge"} 0.5'));
  });
});
