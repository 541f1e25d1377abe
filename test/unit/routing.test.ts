import assert from "node:assert/strict";
import type { Model } from "../../server/domain/model.ts";
import { leaves } from "../../server/domain/plan.ts";
import type { Request, Wishes } from "../../server/domain/request.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { snapshotOf, type World } from "../../server/logic/routing/snapshot.ts";
import { type ConfigInput, routingSchema } from "../../server/protocol/config.ts";
import { hard } from "../support/questions.ts";
import { read } from "../support/reading.ts";

const model = (id: string, more: Partial<Model> = {}): Model => ({
  id,
  provider: "p",
  name: `${id}-name`,
  tier: "standard",
  locality: "cloud",
  contextWindow: 100_000,
  maxOutput: null,
  abilities: new Set(["chat", "completion"]),
  prices: null,
  equals: [],
  ...more,
});
const small = model("small", {
  tier: "local",
  locality: "local",
  contextWindow: 8_000,
  abilities: new Set(["chat", "completion", "fim"]),
});
const large = model("large", { tier: "premium", abilities: new Set(["chat", "tools", "images", "json-schema"]) });

interface Asked {
  readonly text?: string;
  readonly system?: string;
  readonly wishes?: Partial<Wishes>;
  readonly egress?: Request["egress"];
  readonly prompt?: Request["prompt"];
  readonly workspace?: string;
}
function request({ text = "Say hello.", system, wishes, egress, prompt, workspace }: Asked): Request {
  const messages = [
    ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
    { role: "user" as const, content: text },
  ];
  return {
    id: "r1",
    kind: prompt?.kind === "fill" ? "completion" : "chat",
    stream: true,
    origin: { surface: "http", wire: "openai.chat", client: "c", workspace: workspace ?? null, session: null, atMs: 0 },
    wishes: { model: "switchyard/auto", sampling: {}, needs: [], ...wishes },
    egress: egress ?? { verdict: "anywhere", rule: "default" },
    prompt: prompt ?? { kind: "chat", messages, tools: [] },
  };
}
const usual = { primary: "small", escalation: "large" };
function route(
  asked: Asked,
  routing: ConfigInput["routing"] = usual,
  models: readonly Model[] = [small, large],
  world: Partial<World> = {},
) {
  return decide(
    featuresOf(request(asked), read, null),
    snapshotOf({
      models,
      routing: routingSchema.parse(routing),
      ahead: { speculation: undefined, hedge: undefined },
      latency: new Map(),
      broken: new Map(),
      ...world,
    }),
  );
}
function chosen(...args: Parameters<typeof route>) {
  const decided = route(...args);
  if ("fault" in decided) throw new Error(`refused: ${decided.fault.message}`);
  return decided.ok;
}
function refused(...args: Parameters<typeof route>) {
  const decided = route(...args);
  if ("ok" in decided) throw new Error(`decided for ${decided.ok.model}`);
  return decided.fault;
}

const proof = "Explain step by step, with a proof, why this design is distributed and its algorithm optimal.";

describe("routing", () => {
  it("sends an easy question to the primary and a hard one to the escalation model", () => {
    const easy = chosen({});
    assert.deepEqual([easy.model, easy.stage, easy.route], ["small", "classifier", "direct"]);
    const difficult = chosen({ text: hard });
    assert.deepEqual([difficult.model, difficult.difficulty], ["large", "complex"]);
    assert.ok(difficult.score > easy.score && easy.score >= 0 && difficult.score <= 1);
  });

  it("moves with the wished quality, from everything cheap to everything strong", () => {
    assert.equal(chosen({ wishes: { quality: 1 } }).model, "large");
    assert.equal(chosen({ text: hard, wishes: { quality: 0 } }).model, "small");
    assert.equal(chosen({}, { ...usual, quality: 1 }).model, "large");
    assert.equal(
      chosen({ wishes: { quality: 0 } }, { ...usual, quality: 1 }).model,
      "small",
      "the request's wish comes first",
    );
  });

  it("lets only one model be replaced by itself: an explicit one", () => {
    const explicit = chosen({ wishes: { model: "small" } });
    assert.equal(explicit.stage, "override");
    assert.deepEqual(leaves(explicit.plan), ["small"]);
    const lenient = chosen({ wishes: { model: "small-name" } }, { ...usual, fallbackExplicit: true });
    assert.deepEqual(leaves(lenient.plan), ["small", "large"]);
  });

  it("plans stronger models as fallbacks before weaker ones", () => {
    const models = [large, model("mid"), model("cheap", { tier: "economy" }), small];
    assert.deepEqual(leaves(chosen({ wishes: { model: "switchyard/auto" } }, { primary: "cheap" }, models).plan), [
      "cheap",
      "mid",
      "large",
      "small",
    ]);
  });

  it("never plans more than eight attempts", () => {
    const many = Array.from({ length: 20 }, (_, i) => model(`m${i}`));
    assert.ok(leaves(chosen({}, {}, many).plan).length <= 8);
  });

  it("sends titles, commit messages and summaries to the meta model, by the route meta", () => {
    const routing = { ...usual, escalation: "small", meta: "large" };
    for (const text of [
      "Write a commit message for the following diff.",
      "Generate a short title for this conversation.",
      "Summarize the conversation so far.",
    ]) {
      const meta = chosen({ text }, routing);
      assert.deepEqual([meta.model, meta.route, meta.stage], ["large", "meta", "rules"], text);
    }
    assert.equal(
      chosen({ wishes: { task: "title" } }, routing).model,
      "large",
      "the client's own word for the task holds",
    );
    assert.equal(chosen({ text: "What is a commit message?" }, routing).route, "direct");
  });

  it("sends completions to the completion model", () => {
    const fill = { kind: "fill" as const, prefix: "const a = ", suffix: null };
    const fast = model("fast");
    const done = chosen({ prompt: fill }, { ...usual, completion: "fast" }, [small, large, fast]);
    assert.deepEqual([done.model, done.task], ["fast", "completion"]);
  });

  it("takes a model that has the abilities, and names who lacks them when none has", () => {
    assert.equal(chosen({ wishes: { needs: ["images"] } }).model, "large");
    const fault = refused({ wishes: { needs: ["images"], model: "small" } });
    assert.deepEqual([fault.code, /small.*"images"/.test(fault.message)], ["cannot", true]);
    assert.equal(refused({ wishes: { needs: ["logprobs"] } }).code, "cannot");
    assert.ok(
      !leaves(chosen({ wishes: { needs: ["tools"] } }).plan).includes("small"),
      "nor is a lacking one a fallback",
    );
  });

  it("takes a model whose context window is long enough for prompt and answer", () => {
    assert.equal(chosen({ text: "a ".repeat(20_000) }).model, "large");
    assert.equal(chosen({ wishes: { sampling: { maxTokens: 9_000 } } }).model, "large");
    assert.equal(refused({ text: "a ".repeat(300_000) }).code, "cannot");
  });

  it("keeps local-only requests local, fallbacks too, and says why it refuses", () => {
    const egress = { verdict: "local-only", rule: "content:private-key" } as const;
    assert.deepEqual(leaves(chosen({ text: hard, egress }).plan), ["small"]);
    const fault = refused({ egress, wishes: { model: "large" } });
    assert.equal(fault.code, "cannot");
    assert.match(fault.message, /private-key/);
    assert.match(refused({ egress: { verdict: "nowhere", rule: "deny:**/.env*" } }).message, /\.env/);
  });

  it("switchyard/local plans local models only", () => {
    assert.deepEqual(leaves(chosen({ text: hard, wishes: { model: "switchyard/local" } }).plan), ["small"]);
    assert.equal(refused({ wishes: { model: "switchyard/local" } }, {}, [large]).code, "no_model");
  });

  it("switchyard/fast takes the least measured time to the first token", () => {
    const fast = { wishes: { model: "switchyard/fast" } };
    assert.equal(chosen(fast).model, "small");
    const latency = new Map([
      ["small", { p50: 900, p95: 2_000, tail: null }],
      ["large", { p50: 200, p95: 300, tail: null }],
    ]);
    assert.equal(chosen(fast, usual, [small, large], { latency }).model, "large");
  });

  it("obeys the first rule that matches", () => {
    const rules = [
      { when: { workspace: "w", task: "fix" as const }, use: "large" },
      { when: { workspace: "w" }, use: "small" },
    ];
    assert.equal(chosen({ workspace: "w", text: "Fix it." }, { ...usual, rules }).model, "large");
    assert.deepEqual(
      [chosen({ workspace: "w", text: proof }, { ...usual, rules })].map((d) => [d.model, d.stage]),
      [["small", "rules"]],
    );
    assert.equal(chosen({ text: proof }, { ...usual, rules }).model, "large");
  });

  it("sends everything to the primary alone when it is off, and refuses what the primary can't take", () => {
    assert.deepEqual(
      [chosen({ text: hard }, { ...usual, enabled: false })].map((d) => [d.model, d.stage]),
      [["small", "disabled"]],
    );
    assert.deepEqual(leaves(chosen({ text: hard }, { ...usual, enabled: false }).plan), ["small"]);
    assert.equal(refused({ wishes: { needs: ["images"] } }, { ...usual, enabled: false }).code, "cannot");
    assert.equal(chosen({ wishes: { model: "large" } }, { ...usual, enabled: false }).model, "large");
  });

  it("refuses names it doesn't know, and says which it does", () => {
    const unknown = refused({ wishes: { model: "gpt" } });
    assert.equal(unknown.code, "no_model");
    assert.match(unknown.message, /switchyard\/auto.*small.*large/);
    const twins = refused({ wishes: { model: "same" } }, {}, [
      model("a", { name: "same" }),
      model("b", { name: "same" }),
    ]);
    assert.match(twins.message, /a, b/);
    assert.equal(refused({}, {}, []).code, "no_model");
  });

  it("is pure: the same features and snapshot give the same decision", () => {
    assert.deepEqual(route({ text: hard }), route({ text: hard }));
  });

  it("gives reasons that fit a header", () => {
    for (const asked of [
      {},
      { text: hard },
      { wishes: { quality: 0.37 } },
      { wishes: { model: "switchyard/fast" } },
    ] as Asked[])
      assert.match(chosen(asked).reason, /^[\x20-\x7e]{1,200}$/);
  });
});
