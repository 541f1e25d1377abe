import assert from "node:assert/strict";
import { decide } from "../../server/logic/routing/decide.ts";
import { Learned } from "../../server/logic/routing/learned.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import type { Observation } from "../../server/logic/routing/sums.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import { featuresWith } from "../support/features.ts";
import { modelOf, pricesOf } from "../support/models.ts";

const seen = (model: string, reward: number, times = 40): Observation[] =>
  Array.from({ length: times }, () => ({ task: "fix" as const, model, expected: 0.7, reward }));

/** A request for a fix of which the classifier says so much; `usd` a million tokens of the large model's output. */
function decided(score: number, observations: readonly Observation[], usd = 0) {
  const f = featuresWith({ id: "one", chars: 40, tokens: 10, weak: 0.9 - score, strong: 0.9, score });
  const snapshot = snapshotOf({
    models: [
      modelOf("small", "local", { prices: pricesOf(0, 0) }),
      modelOf("large", "premium", { prices: pricesOf(0, usd) }),
    ],
    routing: routingSchema.parse({ escalation: "large" }),
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(),
    broken: new Map(),
    learned: observations.length > 0 ? Learned.of(observations) : null,
  });
  const result = decide(f, snapshot);
  if ("fault" in result) throw new Error(result.fault.message);
  const { model: chosen, stage, score: moved, reason } = result.ok;
  return { chosen, stage, moved, reason };
}

describe("decisions that were learned", () => {
  it("carry a score across the band, and say so", () => {
    const { chosen, stage, moved, reason } = decided(0.3, [...seen("small", 0), ...seen("large", 1)]);
    assert.deepEqual([chosen, stage], ["large", "learner"]);
    assert.ok(moved > 0.65 && moved <= 1, `${moved}`);
    assert.match(reason, /^score 0\.30, 0\.\d\d by what you did with answers, is above the band/);
  });

  it("carry a score into the band, where the policy weighs what was learned", () => {
    const undone = seen("small", 0);
    assert.deepEqual([decided(0.1, []).chosen, decided(0.1, []).stage], ["small", "classifier"]);
    const moved = decided(0.1, undone);
    assert.deepEqual([moved.chosen, moved.stage], ["large", "learner"]);
    // A model that costs a fortune answers none the more: nothing but the way there has changed.
    const dear = decided(0.1, undone, 100);
    assert.deepEqual([dear.chosen, dear.stage], ["small", "policy"]);
  });

  it("bring a score down as well", () => {
    assert.equal(decided(0.7, []).chosen, "large");
    const { chosen, stage } = decided(0.7, [...seen("large", 0), ...seen("small", 1)]);
    assert.deepEqual([chosen, stage], ["small", "learner"]);
  });

  it("change neither what is plain nor what nobody judged", () => {
    assert.deepEqual(decided(0, seen("small", 1)).stage, "classifier");
    const others = seen("small", 0.7).map((o) => ({ ...o, task: "shell" as const }));
    assert.deepEqual(decided(0.2, others).stage, "classifier");
  });
});
