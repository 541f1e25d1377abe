import assert from "node:assert/strict";
import type { Ability, Model } from "../../server/domain/model.ts";
import type { Request } from "../../server/domain/request.ts";
import { judgingRequest, questionOf, readJudgement } from "../../server/logic/routing/judge.ts";

const judge = (locality: Model["locality"], ...abilities: Ability[]): Model => ({
  id: "judge",
  provider: "p",
  name: "judge-model",
  tier: "local",
  locality,
  contextWindow: null,
  maxOutput: null,
  abilities: new Set(["chat", ...abilities]),
  prices: null,
  equals: [],
});
const asked = (content: string, more: Partial<Request> = {}): Request => ({
  id: "r1",
  kind: "chat",
  stream: true,
  origin: { surface: "http", wire: "openai.chat", client: "c", workspace: null, session: null, atMs: 0 },
  wishes: { model: "switchyard/auto", sampling: {}, needs: [] },
  egress: { verdict: "local-only", rule: "content:token" },
  prompt: { kind: "chat", messages: [{ role: "user", content }], tools: [] },
  ...more,
});
const bodyFor = (model: Model): Readonly<Record<string, unknown>> =>
  JSON.parse(judgingRequest(asked("Why?"), model).request.body!.text) as Record<string, unknown>;

describe("the call to the judge", () => {
  it("is a chat for one word, not streamed, that carries the question's own verdict of privacy", () => {
    const { request } = judgingRequest(asked("Why is the sky blue?"), judge("local"));
    assert.equal(request.stream, false);
    assert.deepEqual(request.egress, { verdict: "local-only", rule: "content:token" });
    const { messages, max_tokens: tokens } = request.body!.json as {
      messages: { content: string }[];
      max_tokens: number;
    };
    assert.match(messages.at(-1)!.content, /Why is the sky blue\?/);
    assert.ok(tokens <= 16);
  });

  it("asks for the first token's likelihoods, or for a schema, where the model can", () => {
    assert.equal(bodyFor(judge("local", "logprobs", "json-schema"))["logprobs"], true);
    assert.equal(bodyFor(judge("local", "logprobs"))["max_tokens"], 1);
    assert.ok(bodyFor(judge("local", "json-schema"))["response_format"]);
    assert.equal(bodyFor(judge("local"))["response_format"], undefined);
  });

  it("keeps a model from thinking first, where the API allows it", () => {
    assert.deepEqual(bodyFor(judge("local", "reasoning"))["chat_template_kwargs"], { enable_thinking: false });
    assert.equal(bodyFor(judge("cloud", "reasoning"))["reasoning_effort"], "low");
    assert.equal(bodyFor(judge("local"))["chat_template_kwargs"], undefined);
  });

  it("sends the beginning and the end of a long question only", () => {
    const { text } = questionOf(asked(`BEGIN ${"x".repeat(100_000)} END`));
    assert.ok(text.length < 4_000);
    assert.match(text, /^BEGIN[\s\S]*END$/);
  });

  it("knows the same question again, and another one apart", () => {
    assert.equal(questionOf(asked("a")).key, questionOf(asked("a", { id: "r2", stream: false })).key);
    assert.notEqual(questionOf(asked("a")).key, questionOf(asked("b")).key);
  });
});

describe("a judge's answer", () => {
  const body = (content: string, more: object = {}): string =>
    JSON.stringify({ choices: [{ message: { role: "assistant", content }, ...more }] });

  for (const [answer, judgement] of [
    ["SIMPLE", "simple"],
    ["Complex.", "complex"],
    ["  **NEEDS_CONTEXT** because …", "needs-context"],
    ["needs-context", "needs-context"],
    ["<think>Is it SIMPLE? No.</think>\nCOMPLEX", "complex"],
    ['{"verdict":"NEEDS_CONTEXT"}', "needs-context"],
    ["COMP", "complex"],
    ["The question is simple.", null],
    ["Complexity matters", null],
    ["", null],
  ] as const) {
    it(`"${answer.replace(/\n/g, " ")}" means ${judgement ?? "nothing"}`, () => {
      assert.equal(readJudgement(answer), judgement, "as text");
      assert.equal(readJudgement(body(answer)), judgement, "on the wire");
    });
  }

  it("is the likeliest of the first tokens that are a beginning of a verdict", () => {
    const top = [
      { token: "The", logprob: -0.2 },
      { token: "SIM", logprob: -2.1 },
      { token: "COM", logprob: -1.1 },
    ];
    assert.equal(
      readJudgement(body("The", { logprobs: { content: [{ token: "The", top_logprobs: top }] } })),
      "complex",
    );
  });
});
