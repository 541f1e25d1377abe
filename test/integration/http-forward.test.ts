import assert from "node:assert/strict";
import { dataOf, spelled } from "../support/client.ts";
import { cloudKey } from "../support/daemon-config.ts";
import { useTown } from "../support/town.ts";
import { done, streamedAnswer, usageJson } from "../support/wire.ts";

const answer = {
  chunks: ["Grüße", " 🚂", " from", " the yard"],
  reasoning: ["Let me", " think."],
  toolCalls: [],
  finish: "stop",
  usage: { input: 57, cachedInput: 32, output: 32, reasoning: 8 },
};

/** A body as a picky client writes it: odd spaces, numbers and escapes, fields unknown here. */
const pickyBody = (more: string) =>
  `{ "model" : "small" ,` +
  String.raw`  "messages":[{"role":"user","content":"caf\u00e9  \ud83d\ude00 \/ \"model\": \"small\""}],` +
  "\r\n\t" +
  `"temperature":1.0,"top_p":1e0,"seed":12345678901234567890,"logit_bias":{"50256":-1.0E2},` +
  `"x_unknown":{"b":1.50,"a":[null,true ],"model":"small"}${more} }`;

const withoutAddedUsage = (text: string) =>
  text.replace(/"stream_options":\{"include_usage":true\},|,"stream_options":\{"include_usage":true\}/, "");

describe("forwarding over HTTP", () => {
  const town = useTown();
  const post = (body: string, path = "/v1/chat/completions") => town.daemon.ask({ path, body });

  it("forwards a body byte for byte, changed only in the model's name", async () => {
    const body = pickyBody("");
    const reply = await post(body);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(town.gpu.last.text, body.replace('"model" : "small"', '"model" : "small-model"'));
  });

  it("asks a stream for its usage and changes nothing else", async () => {
    const body = pickyBody(',"stream":true');
    const reply = await post(body);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(town.gpu.last.json["stream_options"], { include_usage: true });
    assert.equal(withoutAddedUsage(town.gpu.last.text), body.replace('"model" : "small"', '"model" : "small-model"'));
  });

  it("keeps other stream options beside the one it adds", async () => {
    await post(pickyBody(',"stream":true,"stream_options":{"include_obfuscation":false}'));
    assert.deepEqual(town.gpu.last.json["stream_options"], { include_obfuscation: false, include_usage: true });
  });

  it("passes a whole answer back byte for byte", async () => {
    const body =
      '{ "id":"x", "choices" : [ {"index":0,"message":{"role":"assistant","content":"caf\\u00e9 1.0"},"finish_reason":"stop"} ], "extra": 1.0e3 }\n';
    town.gpu.script = () => ({ body });
    const reply = await town.daemon.chat({ model: "small" });
    assert.equal(reply.status, 200);
    assert.match(reply.headers["content-type"] ?? "", /^application\/json/);
    assert.equal(reply.text, body);
  });

  for (const shred of [undefined, 1, 7, 1000]) {
    const how = shred === undefined ? "event by event" : `in pieces of ${shred} bytes`;
    it(`hides the usage chunk from a client that did not ask, from a stream that comes ${how}`, async () => {
      town.gpu.script = () => ({ ...answer, ...(shred === undefined ? {} : { shred }) });
      const reply = await town.daemon.chat({ model: "small", stream: true });
      assert.match(reply.headers["content-type"] ?? "", /^text\/event-stream/);
      const sent = streamedAnswer("chat", "small-model", answer, true);
      assert.equal(reply.text, [...sent.slice(0, -1), done].join("").replaceAll(',"usage":null', ""));
      const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.deepEqual(trace.usage, { ...answer.usage, cacheWrite: 0, source: "provider" });
    });

    it(`shows the usage chunk to a client that asked, from a stream that comes ${how}`, async () => {
      town.gpu.script = () => ({ ...answer, ...(shred === undefined ? {} : { shred }) });
      const reply = await town.daemon.chat({ model: "small", stream: true, stream_options: { include_usage: true } });
      assert.equal(reply.text, [...streamedAnswer("chat", "small-model", answer, true), done].join(""));
    });
  }

  it("counts cached and reasoning tokens of a whole answer", async () => {
    town.gpu.script = () => answer;
    const reply = await town.daemon.chat({ model: "small" });
    assert.deepEqual(reply.json.usage, usageJson(answer.usage));
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.deepEqual(trace.usage, { ...answer.usage, cacheWrite: 0, source: "provider" });
  });

  it("estimates the usage, and says so, where the provider counts nothing", async () => {
    town.gpu.script = () => ({ usage: null, chunks: new Array(200).fill("word ") });
    for (const stream of [true, false]) {
      const reply = await town.daemon.chat({ model: "small", stream });
      const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.equal(trace.usage?.source, "estimate");
      assert.equal(trace.cost.estimated, true);
      assert.equal(trace.usage.output, 250, "four characters a token, however they came");
    }
  });

  it("passes tools and images through untouched", async () => {
    const tools = [
      { type: "function", function: { name: "read", parameters: { type: "object", properties: {} } }, strict: 1.5 },
    ];
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
    ];
    town.cloud.script = () => ({
      chunks: [],
      toolCalls: [{ id: "c1", name: "read", args: ['{"a"', ":1}"] }],
      finish: "tool_calls",
    });
    const reply = await town.daemon.chat({
      messages: [{ role: "user", content }],
      tools,
      tool_choice: "auto",
      stream: true,
    });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(town.cloud.last.json["tools"], tools);
    assert.deepEqual(town.cloud.last.json["messages"], [{ role: "user", content }]);
    const calls = dataOf(reply.text).flatMap((d) =>
      d === "[DONE]" ? [] : (JSON.parse(d).choices[0]?.delta?.tool_calls ?? []),
    );
    assert.equal(calls.map((c) => c.function.arguments).join(""), '{"a":1}');
    assert.equal((await town.daemon.ended(String(reply.headers["x-switchyard-trace"]))).finish, "tool");
  });

  it("forwards a completion with its suffix", async () => {
    const body =
      '{"model":"small","prompt":"function add(a, b) {\\n  return ","suffix":";\\n}","max_tokens":16,"temperature":0.0}';
    town.gpu.script = () => ({ chunks: ["a + b"] });
    const reply = await post(body, "/v1/completions");
    assert.equal(reply.status, 200, reply.text);
    assert.equal(town.gpu.last.path, "/v1/completions");
    assert.equal(town.gpu.last.text, body.replace('"small"', '"small-model"'));
    assert.equal(reply.json.choices[0].text, "a + b");
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.kind, "completion");
    assert.equal(trace.wire, "openai.completions");
  });

  it("streams a completion", async () => {
    town.gpu.script = () => ({ chunks: ["a", " + b"] });
    const reply = await post('{"model":"switchyard/auto","prompt":"return ","stream":true}', "/v1/completions");
    assert.equal(reply.status, 200, reply.text);
    const texts = dataOf(reply.text).flatMap((d) => (d === "[DONE]" ? [] : [JSON.parse(d).choices[0]?.text ?? ""]));
    assert.equal(texts.join(""), "a + b");
    assert.equal(dataOf(reply.text).at(-1), "[DONE]");
  });

  it("says in its headers who answers and why", async () => {
    for (const stream of [false, true]) {
      const { headers } = await town.daemon.chat({ model: "small", stream });
      assert.match(String(headers["x-switchyard-trace"]), /^\S+$/);
      assert.equal(headers["x-switchyard-route"], "direct");
      assert.equal(headers["x-switchyard-model"], "small");
      assert.equal(headers["x-switchyard-cache"], "off");
      assert.match(String(headers["x-switchyard-reason"]), /^[\x20-\x7e]{1,200}$/);
    }
  });

  it("sends the provider's key and none of the client's headers", async () => {
    await town.daemon.chat({ model: "large" }, { "x-private": "mine", cookie: "a=b" });
    assert.equal(town.cloud.last.headers.authorization, `Bearer ${cloudKey}`);
    assert.equal(town.cloud.last.headers["x-private"], undefined);
    assert.equal(town.cloud.last.headers.cookie, undefined);
    await town.daemon.chat({ model: "small" });
    assert.equal(town.gpu.last.headers.authorization, undefined);
  });

  it("reuses connections", async () => {
    await town.daemon.chat({ model: "small" });
    const before = town.gpu.connections;
    for (let i = 0; i < 5; i++) await town.daemon.chat({ model: "small", stream: i % 2 === 0 });
    assert.equal(town.gpu.connections, before);
  });

  it("passes a stream on as it comes, not when it is whole", async () => {
    town.gpu.script = () => ({ stall: "middle" });
    const live = await town.daemon.openChat({ model: "small", stream: true });
    const first = await live.next();
    assert.match(spelled(String(first)), /^Hello/);
    live.close();
    await town.gpu.untilClosed(1);
  });

  it("calls a stream that ends without its terminator a failure", async () => {
    town.gpu.script = () => ({ end: "cut" });
    const reply = await town.daemon.chat({ model: "small", stream: true });
    assert.ok(!reply.text.includes("[DONE]"));
    assert.match(String(dataOf(reply.text).at(-1)), /without its terminator/);
    assert.equal((await town.daemon.ended(String(reply.headers["x-switchyard-trace"]))).status, "error");
  });

  it("passes on an answer of two megabytes to a client that reads slowly", async () => {
    const piece = "x".repeat(4_096);
    town.gpu.script = () => ({ chunks: Array.from({ length: 500 }, () => piece) });
    const live = await town.daemon.openChat({ model: "small", stream: true });
    let text = "";
    for await (const chunk of live.chunks) {
      text += chunk;
      if (text.length < 200_000) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(spelled(text).length, 500 * piece.length);
  });
});
