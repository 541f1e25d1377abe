import assert from "node:assert/strict";
import fc from "fast-check";
import { type Model, tiers } from "../../server/domain/model.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import type { Trial } from "../../server/logic/routing/experiments.ts";
import { explain } from "../../server/logic/routing/explain.ts";
import type { Features } from "../../server/logic/routing/features.ts";
import { Learned } from "../../server/logic/routing/learned.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { strategyFor } from "../../server/logic/routing/strategies.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import { type StrategyName, strategyNames } from "../../server/protocol/strategy.ts";
import { printExplanation } from "../../server/surfaces/cli/explanation.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const price = fc.record({
  input: fc.constantFrom(0.1, 1, 3),
  cachedInput: fc.constantFrom(0.01, 0.1),
  cacheWrite: fc.constant(1),
  output: fc.constantFrom(1, 5, 15),
  reasoning: fc.constant(5),
});
const models = fc
  .array(
    fc.record({
      tier: fc.constantFrom(...tiers),
      prices: fc.option(price),
      tools: fc.boolean(),
      contextWindow: fc.constantFrom(null, 2_000),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((drawn) =>
    drawn.map(
      ({ tools, ...more }, i): Model => ({
        id: `m${i}`,
        provider: "p",
        name: `m${i}`,
        locality: more.tier === "local" ? "local" : "cloud",
        maxOutput: null,
        abilities: new Set(tools ? ["chat", "tools"] : ["chat"]),
        equals: [],
        ...more,
      }),
    ),
  );
const features = fc
  .record({
    weak: share,
    strong: share,
    score: share,
    task: fc.constantFrom("chat", "fix", "document"),
    tokens: fc.integer({ min: 1, max: 4_000 }),
    history: fc.integer({ min: 0, max: 4_000 }),
    last: fc.constantFrom(null, "m0", "m1"),
    quality: fc.option(share),
    needs: fc.constantFrom([], ["tools"] as const),
    id: fc.string({ minLength: 1 }),
    named: fc.constantFrom("switchyard/auto", "switchyard/best", "switchyard/local"),
  })
  .map(
    (drawn): Features => ({
      kind: "chat",
      stream: true,
      client: "c",
      workspace: null,
      session: null,
      verdict: "anywhere",
      rule: "default",
      messages: 1,
      chars: 100,
      maxTokens: null,
      novelty: 0,
      route: null,
      ...drawn,
    }),
  );
const learned = fc
  .array(
    fc.record({
      task: fc.constantFrom("chat", "fix"),
      model: fc.constantFrom("m0", "m1"),
      expected: share,
      reward: share,
    }),
  )
  .map((all) => Learned.of(all));

const world = fc.record({
  models,
  learned,
  strategy: fc.constantFrom(...strategyNames),
  broken: fc.boolean(),
  tried: fc.option(fc.constantFrom(...strategyNames)),
});

/** Everybody is in the second arm. */
const trialOf = (strategy: StrategyName): Trial => ({
  name: "e",
  seed: 1,
  unit: "request",
  arms: [
    { name: "first", strategy: "control", from: 0, to: 0 },
    { name: "second", strategy, from: 0, to: 1 },
  ],
});

describe("the table behind a decision", () => {
  it("agrees with what is decided: who can, who is chosen, and whom the policy finds best", () => {
    fc.assert(
      fc.property(world, features, ({ models, learned, strategy, broken, tried }, f) => {
        const s = snapshotOf({
          models,
          routing: routingSchema.parse({ strategy, primary: "m0", escalation: `m${models.length - 1}` }),
          ahead: { speculation: undefined, hedge: undefined },
          latency: new Map(),
          broken: new Map(broken ? [["m0", "fails"]] : []),
          learned,
          trials: tried === null ? [] : [trialOf(tried)],
        });
        const decided = decide(f, s);
        const e = explain(f, s, decided);
        const can = e.models.filter((m) => m.whyNot === null);
        const best = e.models.filter((m) => m.best);
        const chosen = e.models.filter((m) => m.chosen);
        if ("fault" in decided) {
          assert.deepEqual([can, chosen], [[], []]);
          return;
        }
        const { model, stage, reason, score, arm } = decided.ok;
        assert.equal(e.strategy, arm === null ? strategyFor(f, s) : tried);
        assert.deepEqual([chosen.map((m) => m.model), best.length, chosen[0]!.whyNot], [[model], 1, null]);
        if (stage === "classifier") {
          assert.equal(e.score, score);
          assert.ok(score < e.band.low ? model === "m0" : score > e.band.high && model === s.escalation!.id, reason);
        }
        // Where the policy chose, and there was a choice.
        if (e.strategy === "adaptive" || / is inside /.test(reason)) assert.equal(best[0]!.model, model, reason);
        for (const m of e.models)
          assert.ok(Math.abs(m.value - (m.expected + m.learned - e.lambda * m.usd - e.mu * m.seconds)) < 1e-9);
        assert.match(printExplanation(e), new RegExp(`^→ +${model} `, "m"));
      }),
      { numRuns: 2_000, seed: 6 },
    );
  });
});
