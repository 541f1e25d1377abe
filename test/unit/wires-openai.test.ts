import assert from "node:assert/strict";
import { readOpenAiAnswer, readOpenAiError, readRetryAfter } from "../../server/logic/wires/openai-answer.ts";
import { readChat, readFill, readNeeds } from "../../server/logic/wires/openai-request.ts";
import { readOpenAiUsage } from "../../server/logic/wires/usage.ts";
import { wholeAnswer } from "../support/wire.ts";

const user = (content: unknown) =>
  ({ model: "m", messages: [{ role: "user", content }] }) as Parameters<typeof readNeeds>[0];

describe("the OpenAI wire", () => {
  it("tells from a request which abilities it needs", () => {
    assert.deepEqual(readNeeds(user("Hi")), []);
    assert.deepEqual(readNeeds(user([{ type: "image_url", image_url: { url: "u" } }])), ["images"]);
    assert.deepEqual(readNeeds({ ...user("Hi"), tools: [{ type: "function" }] }), ["tools"]);
    assert.deepEqual(readNeeds({ ...user("Hi"), tools: [] }), []);
    assert.deepEqual(readNeeds({ ...user("Hi"), response_format: { type: "json_schema" } }), ["json-schema"]);
    assert.deepEqual(readNeeds({ ...user("Hi"), response_format: { type: "json_object" } }), []);
  });

  it("reads messages of every role and part", () => {
    const chat = readChat({
      model: "m",
      messages: [
        { role: "developer", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "image_url", image_url: { url: "u" } },
          ],
        },
        { role: "assistant", content: null, tool_calls: [{ id: "c", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", content: "r", tool_call_id: "c" },
      ],
    });
    assert.deepEqual(chat.messages, [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "a" },
          { type: "image", url: "u" },
        ],
      },
      { role: "assistant", content: "", toolCalls: [{ id: "c", name: "f", arguments: "{}" }] },
      { role: "tool", content: "r", toolCallId: "c" },
    ]);
  });

  it("tells no suffix from an empty one", () => {
    assert.equal(readFill({ model: "m", prompt: "a" }).suffix, null);
    assert.equal(readFill({ model: "m", prompt: "a", suffix: "" }).suffix, "");
  });

  it("reads a usage in the forms that servers have", () => {
    const plain = { input: 10, cachedInput: 0, cacheWrite: 0, output: 5, reasoning: 0, source: "provider" };
    assert.deepEqual(readOpenAiUsage({ prompt_tokens: 10, completion_tokens: 5 }), plain);
    assert.deepEqual(readOpenAiUsage({ prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: null }), plain);
    assert.deepEqual(readOpenAiUsage({ prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4 }), {
      ...plain,
      cachedInput: 4,
    });
    const lying = {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 99 },
      completion_tokens_details: { reasoning_tokens: -3 },
    };
    assert.deepEqual(readOpenAiUsage(lying), { ...plain, cachedInput: 10 });
    for (const none of [null, undefined, {}, "5", 5]) assert.equal(readOpenAiUsage(none), null);
  });

  it("takes a success that holds no answer for a failure", () => {
    const pass = { as: "bytes", hideUsage: false } as const;
    for (const body of ["<html>", "", "null", "[]", "{}", '{"error":{"message":"no"}}', '{"choices":{}}']) {
      const said = readOpenAiAnswer(Buffer.from(body), pass);
      assert.deepEqual(
        said.map((e) => e.type),
        ["error"],
        body,
      );
    }
    const good = wholeAnswer("chat", "m", {
      chunks: ["a"],
      reasoning: [],
      toolCalls: [],
      finish: "length",
      usage: null,
    });
    assert.deepEqual(readOpenAiAnswer(Buffer.from(good), pass).at(-1), { type: "done", stop: "length" });
  });

  it("keeps an upstream's 4xx and makes a 502 of the rest", () => {
    assert.equal(readOpenAiError(404, Buffer.from("no"), undefined, 0).status, 404);
    assert.equal(readOpenAiError(503, Buffer.from("no"), undefined, 0).status, undefined);
    assert.equal(readOpenAiError(302, Buffer.from(""), undefined, 0).status, undefined);
    for (const [status, retry] of [
      [400, "never"],
      [422, "never"],
      [401, "elsewhere"],
      [404, "elsewhere"],
      [429, "elsewhere"],
      [500, "elsewhere"],
    ] as const)
      assert.equal(readOpenAiError(status, Buffer.from("{}"), undefined, 0).retry, retry, String(status));
  });

  it("finds an error's words in any of the forms that servers use", () => {
    for (const body of [
      '{"error":{"message":"too hot"}}',
      '{"error":"too hot"}',
      '{"detail":"too hot"}',
      '{"object":"error","message":"too hot"}',
      "too hot",
    ])
      assert.match(readOpenAiError(500, Buffer.from(body), undefined, 0).message, /too hot/, body);
    assert.ok(readOpenAiError(500, Buffer.from("x".repeat(10_000)), undefined, 0).message.length < 1_000);
  });

  it("reads Retry-After in seconds and as a date", () => {
    assert.equal(readRetryAfter("7", 0), 7_000);
    assert.equal(readRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 10_000), 50_000);
    assert.equal(readRetryAfter("Thu, 01 Jan 1970 00:00:00 GMT", 10_000), 0);
    assert.equal(readRetryAfter("soon", 0), null);
    assert.equal(readRetryAfter(undefined, 0), null);
  });
});
