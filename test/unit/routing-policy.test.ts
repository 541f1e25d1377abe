import assert from "node:assert/strict";
import type { Model } from "../../server/domain/model.ts";
import type { Message, Request } from "../../server/domain/request.ts";
import { conversationOf } from "../../server/logic/routing/conversation.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { assigned, trialsOf } from "../../server/logic/routing/experiments.ts";
import type { Features } from "../../server/logic/routing/features.ts";
import { Learned, usual as tuning } from "../../server/logic/routing/learned.ts";
import { lambdaOf, termOf } from "../../server/logic/routing/policy.ts";
import { snapshotOf, type World } from "../../server/logic/routing/snapshot.ts";
import { strategies } from "../../server/logic/routing/strategies.ts";
import { standingOf } from "../../server/logic/routing/traits.ts";
import { type ConfigInput, routingSchema } from "../../server/protocol/config.ts";
import { experimentSchema } from "../../server/protocol/experiment-config.ts";
import { featuresWith as asked } from "../support/features.ts";
import { modelOf } from "../support/models.ts";

const prices = (input: number, output: number, cachedInput = input) => ({
  input,
  cachedInput,
  cacheWrite: input,
  output,
  reasoning: output,
});
const model = (id: string, tier: Model["tier"], p: Model["prices"] = null): Model =>
  modelOf(id, tier, { contextWindow: null, prices: p });
const small = model("small", "local", prices(0, 0));
const middle = model("middle", "economy", prices(0.3, 1.2));
const large = model("large", "premium", prices(3, 15, 0.3));

const usual: ConfigInput["routing"] = { primary: "small", escalation: "large" };
const world = (
  routing: ConfigInput["routing"] = usual,
  models: readonly Model[] = [small, middle, large],
  more: Partial<World> = {},
) =>
  snapshotOf({
    models,
    routing: routingSchema.parse(routing),
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(models.map((m) => [m.id, { p50: 400, p95: 900, tail: null }])),
    broken: new Map(),
    ...more,
  });
function chosen(f: Partial<Features>, s = world()) {
  const decided = decide(asked(f), s);
  if ("fault" in decided) throw new Error(decided.fault.message);
  return decided.ok;
}

describe("the policy", () => {
  it("takes the model whose expected quality is worth its price", () => {
    assert.equal(chosen({ weak: 0.3, strong: 0.95 }).model, "large");
    assert.equal(chosen({ weak: 0.9, strong: 0.93 }).model, "small");
    assert.equal(chosen({ weak: 0.5, strong: 0.8 }).model, "middle");
  });

  it("says in the reason which term decided", () => {
    assert.match(chosen({ weak: 0.3, strong: 0.95 }).reason, /expected quality 0\.95 against 0\.56 of middle/);
    assert.match(chosen({ weak: 0.9, strong: 0.93 }).reason, /about \$0\.00000 instead of \$0\.00060 of middle/);
    const slow = world({ primary: "small", escalation: "middle" }, [small, middle], {
      latency: new Map([
        ["small", { p50: 60_000, p95: 60_000, tail: null }],
        ["middle", { p50: 300, p95: 400, tail: null }],
      ]),
    });
    assert.match(chosen({ weak: 0.8, strong: 0.8 }, slow).reason, /first token after 0\.30 s instead of 60\.00 s/);
  });

  it("pays anything at quality 1, and nothing at quality 0", () => {
    const s = world({ ...usual, band: [0, 1] });
    assert.equal(chosen({ quality: 1, weak: 0.84, score: 0.5 }, s).model, "large");
    assert.equal(chosen({ quality: 0, weak: 0.01, strong: 1, score: 0.5 }, s).model, "small");
    assert.equal(lambdaOf(1), 0);
    assert.ok(lambdaOf(0.2) > lambdaOf(0.5) && lambdaOf(0.5) > lambdaOf(0.8));
  });

  it("never chooses a dearer model when more is asked of the price", () => {
    const s = world({ ...usual, strategy: "adaptive" });
    const cost = { small: 0, middle: 1, large: 2 } as Record<string, number>;
    for (const weak of [0.1, 0.4, 0.6, 0.8])
      for (let q = 0; q < 1; q += 0.05)
        assert.ok(
          cost[chosen({ weak, quality: q }, s).model]! <= cost[chosen({ weak, quality: q + 0.05 }, s).model]!,
          `weak ${weak}, quality ${q}`,
        );
  });

  it("prefers the smaller model where two are as good a bargain", () => {
    const free = [small, model("also", "economy", prices(0, 0)), model("big", "premium", prices(0, 0))];
    const decision = chosen({ weak: 0.8, strong: 0.8 }, world({ primary: "small", escalation: "big" }, free));
    assert.equal(decision.model, "small");
    assert.match(decision.reason, /as good a bargain as (also|big), and smaller/);
  });

  it("says of models that are alike in all why one answers", () => {
    const alike = [model("one", "premium", prices(3, 15)), model("two", "premium", prices(3, 15)), small];
    const s = world({ primary: "small", escalation: "one", strategy: "adaptive" }, alike);
    assert.match(chosen({ weak: 0.1, strong: 0.95 }, s).reason, /as good a bargain as two, and named before it/);
    const cheaper = [alike[0]!, model("two", "premium", prices(1, 5)), small];
    const t = world({ primary: "small", escalation: "one", strategy: "adaptive" }, cheaper);
    assert.match(chosen({ weak: 0.1, strong: 0.95, quality: 1 }, t).reason, /as good a bargain as one, and cheaper/);
  });

  it("stays with the model that has the conversation at hand, and says what leaving would cost", () => {
    const other = model("other", "premium", prices(2.8, 14, 0.28));
    const s = world({ primary: "small", escalation: "large", strategy: "adaptive" }, [small, large, other]);
    const long = { weak: 0.1, strong: 0.95, tokens: 20_200, history: 20_000, quality: 0.9 };
    assert.equal(chosen(long, s).model, "other");
    const stays = chosen({ ...long, last: "large" }, s);
    assert.equal(stays.model, "large");
    assert.match(stays.reason, /other would read the conversation anew for/);
    const f = asked({ ...long, last: "large" });
    assert.ok(termOf(large, f, s, 1, false).usd < termOf(large, asked(long), s, 1, false).usd);
  });

  it("assumes the usual price of a tier where none is known, and says so", () => {
    const s = world(usual, [small, model("unknown", "premium")]);
    const term = termOf(s.byId.get("unknown")!, asked(), s, 1, false);
    assert.ok(term.assumed && term.usd > 0);
    assert.ok(!termOf(small, asked(), s, 1, false).assumed);
  });

  it("puts every model between the primary and the escalation by its tier", () => {
    assert.equal(standingOf(small, small, large), 0);
    assert.equal(standingOf(large, small, large), 1);
    const between = standingOf(middle, small, large);
    assert.ok(between > 0 && between < 1);
    assert.equal(
      standingOf(small, middle, large),
      0,
      "a weaker one than the primary isn't worse than it is known to be",
    );
    assert.equal(standingOf(middle, large, large), 0);
  });

  it("knows presets by name", () => {
    assert.equal(world({ ...usual, quality: "quality" }).quality, 0.8);
    assert.equal(world({ ...usual, quality: "cost" }).quality, 0.2);
    assert.equal(world({ ...usual, quality: "balanced" }).quality, 0.5);
  });
});

describe("strategies", () => {
  it("are one list, each a function to a model that can", () => {
    const s = world();
    const whyNot = () => "";
    for (const strategy of Object.values(strategies))
      assert.ok(s.byId.has(strategy({ f: asked(), s, eligible: [small, large], quality: 0.5, whyNot }).model.id));
  });

  it("differ as their names say", () => {
    const by = (strategy: keyof typeof strategies, f: Partial<Features>) =>
      chosen(f, world({ ...usual, strategy }, [small, large])).model;
    assert.equal(by("cost-aggressive", { score: 0.7 }), "small", "the band moves up");
    assert.equal(by("control", { score: 0.7 }), "large");
    assert.equal(by("quality-first", { score: 0.36 }), "large", "the band moves down");
    assert.equal(by("by-task", { score: 0.52, task: "fix" }), "large");
    assert.equal(by("by-task", { score: 0.52, task: "document", weak: 0.6 }), "small");
    assert.equal(by("adaptive", { score: 0.1, weak: 0.1, strong: 0.9 }), "large", "no band holds it");
  });
});

describe("what a client says of quality", () => {
  it("is neither raised nor lowered by a strategy", () => {
    const cheap = world({ ...usual, strategy: "cost-aggressive" });
    assert.equal(chosen({ named: "switchyard/best", score: 0.05, weak: 0.9, strong: 0.9 }, cheap).model, "large");
    assert.equal(chosen({ quality: 0.9, score: 0.3 }, cheap).model, "large");
    assert.equal(chosen({ quality: 0, score: 0.99 }, world({ ...usual, strategy: "quality-first" })).model, "small");
  });

  it("takes the stronger of two that are as good, where the price counts nothing", () => {
    const s = world({ ...usual, strategy: "adaptive" });
    assert.equal(chosen({ named: "switchyard/best", weak: 0.9, strong: 0.9 }, s).model, "large");
    assert.equal(chosen({ quality: 0.99, weak: 0.9, strong: 0.9 }, s).model, "small");
  });

  it("moves the band from all to nothing", () => {
    for (const score of [0.001, 0.5, 0.999]) {
      assert.equal(chosen({ quality: 1, score }).model, "large");
      assert.equal(chosen({ quality: 0, score }).model, "small");
    }
  });
});

describe("what was learned", () => {
  const undone = (n: number, task: Features["task"] = "fix") =>
    Learned.of(Array.from({ length: n }, () => ({ task, model: "small", expected: 0.7, reward: 0 })));
  const easy = { score: 0.3, weak: 0.7, strong: 0.85 };

  it("moves a score past the band, and the stage says so", () => {
    assert.equal(chosen(easy).stage, "classifier");
    const decision = chosen(easy, world(usual, undefined, { learned: undone(20) }));
    assert.equal(decision.stage, "learner");
    assert.notEqual(decision.model, "small");
    assert.match(decision.reason, /^score 0\.30, 0\.\d\d by what you did with answers, is (inside|above) the band/);
  });

  it("says little of another task", () => {
    assert.equal(
      chosen({ ...easy, score: 0.2, task: "explain" }, world(usual, undefined, { learned: undone(20) })).model,
      "small",
    );
  });

  it("moves nothing further than its bounds", () => {
    const decision = chosen(
      { score: 0.02, weak: 0.9, strong: 0.92 },
      world(usual, undefined, { learned: undone(200) }),
    );
    assert.equal(decision.stage, "learner", "what is always undone is asked of another, however easy it looks");
    assert.ok(decision.score <= 0.02 + tuning.bound + tuning.elsewhere, `${decision.score}`);
  });

  it("decides the same for the same request", () => {
    const s = world(usual, undefined, { learned: undone(3) });
    for (let i = 0; i < 20; i++)
      assert.deepEqual(chosen({ ...easy, id: `r${i}` }, s), chosen({ ...easy, id: `r${i}` }, s));
  });
});

describe("an experiment", () => {
  const experiment = (more: object = {}) =>
    experimentSchema.parse({
      name: "trial",
      arms: [
        { strategy: "control", share: 0.5 },
        { strategy: "quality-first", share: 0.5 },
      ],
      ...more,
    });
  const shareOf = (trials: ReturnType<typeof trialsOf>, arm: string): number => {
    let n = 0;
    for (let i = 0; i < 2_000; i++) if (assigned(asked({ client: `c${i}` }), trials)?.arm === arm) n++;
    return n / 2_000;
  };

  it("gives every client its arm, and the same one again", () => {
    const trials = trialsOf([experiment()], 0, new Set());
    for (let i = 0; i < 50; i++)
      assert.deepEqual(
        assigned(asked({ client: `c${i}` }), trials),
        assigned(asked({ client: `c${i}`, id: "x" }), trials),
      );
    assert.ok(Math.abs(shareOf(trials, "quality-first") - 0.5) < 0.04);
  });

  it("begins when it is said, and grows from a tenth of its share", () => {
    const at = (iso: string) =>
      trialsOf([experiment({ startsAt: "2026-11-01T00:00:00Z", rampDays: 10 })], Date.parse(iso), new Set());
    assert.equal(at("2026-10-31T00:00:00Z").length, 0);
    assert.ok(Math.abs(shareOf(at("2026-11-01T00:00:00Z"), "quality-first") - 0.05) < 0.02);
    assert.ok(Math.abs(shareOf(at("2026-11-06T00:00:00Z"), "quality-first") - 0.275) < 0.04);
    assert.ok(Math.abs(shareOf(at("2026-11-20T00:00:00Z"), "quality-first") - 0.5) < 0.04);
  });

  it("sends a stopped arm's traffic to the first", () => {
    assert.equal(shareOf(trialsOf([experiment()], 0, new Set(["trial/quality-first"])), "control"), 1);
  });

  it("keeps those in their arm who were in it when its share grows", () => {
    const at = (day: number) =>
      trialsOf(
        [experiment({ startsAt: "2026-11-01T00:00:00Z", rampDays: 10 })],
        Date.parse("2026-11-01") + day * 864e5,
        new Set(),
      );
    for (let i = 0; i < 500; i++) {
      const f = asked({ client: `c${i}` });
      if (assigned(f, at(3))?.arm === "quality-first") assert.equal(assigned(f, at(8))?.arm, "quality-first");
    }
  });

  it("decides by its arm's strategy, and is named in the decision", () => {
    const trials = trialsOf(
      [
        experiment({
          arms: [
            { strategy: "control", share: 0 },
            { strategy: "quality-first", share: 1 },
          ],
        }),
      ],
      0,
      new Set(),
    );
    const decision = chosen({ score: 0.36 }, world(usual, undefined, { trials }));
    assert.equal(decision.model, "large");
    assert.deepEqual(decision.arm, { experiment: "trial", arm: "quality-first" });
  });
});

describe("a conversation", () => {
  const request = (messages: readonly Message[], session: string | null = null): Request => ({
    id: "r",
    kind: "chat",
    stream: false,
    origin: { surface: "http", wire: "openai.chat", client: "c", workspace: null, session, atMs: 0 },
    wishes: { model: "switchyard/auto", sampling: {}, needs: [] },
    egress: { verdict: "anywhere", rule: "default" },
    prompt: { kind: "chat", messages, tools: [] },
  });
  const user = (content: string): Message => ({ role: "user", content });

  it("is known again by its session, or by how it begins", () => {
    const first = request([user("Why is the sky blue?")]);
    const second = request([
      user("Why is the sky blue?"),
      { role: "assistant", content: "Because." },
      user("And red?"),
    ]);
    assert.equal(conversationOf(first), conversationOf(second));
    assert.notEqual(conversationOf(first), conversationOf(request([user("Why is the sea blue?")])));
    assert.equal(conversationOf(request([user("a")], "s")), conversationOf(request([user("b")], "s")));
  });

  it("is none of a completion", () => {
    assert.equal(
      conversationOf({ ...request([]), kind: "completion", prompt: { kind: "fill", prefix: "x", suffix: null } }),
      null,
    );
  });
});
