import assert from "node:assert/strict";
import fc from "fast-check";
import type { Request } from "../../server/domain/request.ts";
import { canonical, keyOf } from "../../server/logic/memory/key.ts";
import { questionOf, withoutBlocks } from "../../server/logic/memory/question.ts";
import { readChat, readSampling } from "../../server/logic/wires/openai-request.ts";
import { openAiChatSchema } from "../../server/protocol/openai.ts";

type Json = Record<string, unknown>;

function request(body: Json, more: Partial<Request["origin"]> = {}): Request {
  const parsed = openAiChatSchema.parse(body);
  return {
    id: "r",
    kind: "chat",
    stream: body["stream"] === true,
    origin: { surface: "http", wire: "openai.chat", client: "c", workspace: null, session: null, atMs: 0, ...more },
    wishes: { model: parsed.model, sampling: readSampling(parsed), needs: [] },
    egress: { verdict: "anywhere", rule: "default" },
    prompt: readChat(parsed),
    body: { wire: "openai.chat", text: "", json: body },
  };
}
const key = (body: Json, more: Partial<Request["origin"]> = {}) => keyOf(request(body, more), "policy");

const message = fc.record({
  role: fc.constantFrom("user", "assistant", "system"),
  content: fc.string({ minLength: 1 }),
});
const full = fc.record({
  model: fc.constantFrom("small", "large"),
  messages: fc.array(message, { minLength: 1, maxLength: 4 }),
  temperature: fc.constant(0),
  max_tokens: fc.integer({ min: 1, max: 1_000 }),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  seed: fc.nat(),
  stop: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
  frequency_penalty: fc.double({ min: -2, max: 2, noNaN: true }),
  presence_penalty: fc.double({ min: -2, max: 2, noNaN: true }),
  logit_bias: fc.dictionary(fc.string(), fc.integer()),
  logprobs: fc.boolean(),
  n: fc.integer({ min: 1, max: 3 }),
  response_format: fc.constantFrom({ type: "text" }, { type: "json_object" }),
  tools: fc.array(
    fc.record({
      type: fc.constant("function"),
      function: fc.record({ name: fc.string({ minLength: 1 }), parameters: fc.object() }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  stream: fc.boolean(),
  stream_options: fc.record({ include_usage: fc.boolean() }),
});

/** The same object with its fields in another order, all the way down. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((v) => shuffled(v, seed));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([k, v]) => [k, shuffled(v, seed)] as const);
  const by = (k: string) => [...k].reduce((n, c) => (n * 31 + c.charCodeAt(0) + seed) % 1_009, 7);
  return Object.fromEntries(entries.sort(([a], [b]) => by(a) - by(b)));
}

describe("the key of an answer", () => {
  it("is the same for what is the same, however it is written", () => {
    fc.assert(
      fc.property(full, fc.nat(), (body, seed) => {
        const again = JSON.parse(JSON.stringify(shuffled(body, seed))) as Json;
        assert.equal(key({ ...again, user: null }), key(body));
      }),
    );
  });

  it("is another one when anything is changed, added or left out", () => {
    fc.assert(
      fc.property(full, full, fc.nat(), (body, other, n) => {
        const names = Object.keys(body) as (keyof typeof body)[];
        const name = names[n % names.length]!;
        if (canonical(body[name]) !== canonical(other[name]))
          assert.notEqual(key({ ...body, [name]: other[name] }), key(body), `${name} changed`);
        if (name !== "model" && name !== "messages" && !(name === "stream" && !body.stream)) {
          const { [name]: _, ...without } = body;
          assert.notEqual(key(without), key(body), `${name} left out`);
        }
      }),
    );
  });

  it("is another one for another client, workspace, verdict or configuration", () => {
    const body = { model: "small", messages: [{ role: "user", content: "Why?" }] };
    const one = request(body);
    const keys = [
      keyOf(one, "policy"),
      keyOf(one, "another"),
      key(body, { client: "d" }),
      key(body, { workspace: "w" }),
      keyOf({ ...one, egress: { verdict: "local-only", rule: "x" } }, "policy"),
      keyOf({ ...one, wishes: { ...one.wishes, quality: 0.5 } }, "policy"),
      keyOf({ ...one, wishes: { ...one.wishes, task: "fix" } }, "policy"),
      keyOf({ ...one, wishes: { ...one.wishes, route: "meta" } }, "policy"),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });

  it("has fields of any name in it", () => {
    const plain = '{"model":"small","messages":[{"role":"user","content":"Why?"}]';
    const keys = ["}", ',"__proto__":{"x":1}}', ',"__proto__":{"x":2}}', ',"constructor":1}'].map((end) =>
      key(JSON.parse(plain + end) as Json),
    );
    assert.equal(new Set(keys).size, keys.length);
  });

  it("passes over marks for a cache, but not a field of that name in a tool's schema", () => {
    const mark = { cache_control: { type: "ephemeral" } };
    const body = (m: Json, t: Json, p: Json) => ({
      model: "small",
      messages: [{ role: "user", content: [{ type: "text", text: "Why?", ...m }], ...m }],
      tools: [{ type: "function", ...t, function: { name: "f", parameters: { type: "object", properties: p } } }],
    });
    assert.equal(key(body(mark, mark, {})), key(body({}, {}, {})));
    assert.notEqual(key(body({}, {}, mark)), key(body({}, {}, {})));
  });
});

describe("a question that may be compared", () => {
  const ask = (content: unknown, more: Json = {}) =>
    questionOf(request({ model: "small", messages: [{ role: "user", content }], ...more }), "policy");

  it("is the last message's words, in the scope of all the rest", () => {
    const one = ask("Why is the sky blue?")!;
    assert.equal(one.text, "Why is the sky blue?");
    assert.equal(ask("What makes the sky blue?")!.scope, one.scope);
    for (const more of [{ temperature: 1 }, { max_tokens: 5 }, { stream: true }, { model: "large" }])
      assert.notEqual(ask("Why is the sky blue?", more)!.scope, one.scope, JSON.stringify(more));
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Why is the sky blue?" },
    ];
    assert.notEqual(ask("", { messages })!.scope, one.scope);
    const [said] = messages.slice(1);
    const scopes = [said, { ...said, name: "bob" }, { ...said, name: "eve" }].map(
      (m) => ask("", { messages: [m] })!.scope,
    );
    assert.equal(new Set(scopes).size, 3);
    const [as, also] = ["system", "developer"].map(
      (role) => ask("", { messages: [{ role, content: "Be brief." }, said] })!.scope,
    );
    assert.notEqual(as, also);
  });

  it("has the code in it among the rest", () => {
    const one = ask("Explain this:\n```ts\nf(1)\n```\nin one line")!;
    assert.equal(one.text, "Explain this:\nin one line");
    assert.notEqual(ask("Explain this:\n```ts\nf(2)\n```\nin one line")!.scope, one.scope);
    assert.equal(ask("Explain that:\n```ts\nf(1)\n```\nin one line")!.scope, one.scope);
    assert.deepEqual(withoutBlocks("a\n~~~\nb\n```\n~~~~\nc").blocks, ["~~~\nb\n```\n~~~~"]);
    assert.deepEqual(withoutBlocks("a\n```\nopen").blocks, ["```\nopen"]);
  });

  it("is none for agents, tools, images, completions and what is too long", () => {
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    assert.equal(ask("Why?", { tools }), null);
    assert.equal(ask([{ type: "image_url", image_url: { url: "data:" } }]), null);
    assert.equal(ask("why ".repeat(1_000)), null);
    assert.equal(ask(" "), null);
    const agent = request({ model: "small", messages: [{ role: "user", content: "Why?" }] });
    assert.equal(questionOf({ ...agent, wishes: { ...agent.wishes, task: "agent" } }, "p"), null);
    assert.equal(
      questionOf({ ...agent, kind: "completion", prompt: { kind: "fill", prefix: "a", suffix: null } }, "p"),
      null,
    );
    const messages = [
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "" } }],
      },
      { role: "tool", tool_call_id: "1", content: "x" },
      { role: "user", content: "Why?" },
    ];
    assert.equal(ask("", { messages }), null);
  });
});
