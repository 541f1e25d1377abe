import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const state = (reply: { headers: Record<string, unknown> }) => reply.headers["x-switchyard-cache"];
const question = { model: "small", temperature: 0, messages: [{ role: "user", content: "Why is the sky blue?" }] };

describe("the exact cache", () => {
  const town = useUpstreams();
  const start = (more: Partial<ConfigInput> = {}): Promise<Daemon> =>
    startDaemon({ config: { ...townConfig(town), cache: { exact: {} }, ...more }, env: townEnv });

  for (const stream of [false, true])
    it(`gives ${stream ? "a stream" : "a whole answer"} again byte for byte, without asking anybody`, async () => {
      await using daemon = await start();
      const first = await daemon.chat({ ...question, stream });
      const second = await daemon.chat({ stream, ...question });
      assert.deepEqual([state(first), state(second)], ["miss", "exact"]);
      assert.equal(second.text, first.text);
      assert.equal(second.headers["content-type"], first.headers["content-type"]);
      assert.equal(town.gpu.calls.length, 1);
      assert.notEqual(second.headers["x-switchyard-trace"], first.headers["x-switchyard-trace"]);
      assert.equal(second.headers["x-switchyard-model"], "small");
      assert.match(String(second.headers["x-switchyard-reason"]), /the same request was answered/);

      const trace = await daemon.ended(String(second.headers["x-switchyard-trace"]));
      assert.equal(trace.status, "ok");
      assert.equal(trace.cache, "exact");
      assert.deepEqual(trace.attempts, []);
      assert.equal(trace.cost.nanos, 0);
      assert.equal(trace.recalled?.trace, first.headers["x-switchyard-trace"]);
      assert.ok(trace.recalled!.savedMs >= 0);
      const before = await daemon.ended(String(first.headers["x-switchyard-trace"]));
      assert.equal(before.cache, "miss");
      assert.equal(trace.recalled!.savedNanos, before.cost.nanos);
      assert.equal(trace.cost.baselineNanos, before.cost.baselineNanos);
      assert.equal(trace.cost.savedNanos, before.cost.baselineNanos);
      const { total } = await daemon.stats("?by=cache");
      assert.deepEqual([total.recalled, total.recalledSavedNanos], [1, before.cost.nanos]);
    });

  it("asks again whatever in the request can change the answer", async () => {
    await using daemon = await start();
    const whole = { ...question, max_tokens: 100, seed: 1, stop: ["x"], top_p: 0.5 };
    await daemon.chat(whole);
    const { seed: _, ...without } = whole;
    for (const other of [
      { ...whole, messages: [...whole.messages, { role: "user", content: "And red?" }] },
      { ...whole, messages: [{ role: "user", content: "Why is the sky blue ?" }] },
      { ...whole, messages: [{ role: "system", content: "Be brief." }, ...whole.messages] },
      { ...whole, model: "large" },
      { ...whole, max_tokens: 101 },
      { ...whole, seed: 0 },
      without,
      { ...whole, stop: ["y"] },
      { ...whole, top_p: 0 },
      { ...whole, tools: [{ type: "function", function: { name: "f", parameters: {} } }] },
      { ...whole, response_format: { type: "json_object" } },
      { ...whole, logit_bias: { 5: 1 } },
    ])
      assert.equal(state(await daemon.chat(other)), "miss", JSON.stringify(other));
    assert.equal(state(await daemon.chat({ ...whole, stop: ["x"] })), "exact");
    assert.equal(state(await daemon.chat(whole, { "x-switchyard-workspace": "other" })), "miss");
  });

  it("takes marks for the upstream's own cache for no difference", async () => {
    await using daemon = await start();
    const marked = (mark: object) => ({
      ...question,
      messages: [{ role: "user", content: [{ type: "text", text: "Why?", ...mark }] }],
    });
    await daemon.chat(marked({}));
    assert.equal(state(await daemon.chat(marked({ cache_control: { type: "ephemeral" } }))), "exact");
  });

  it("leaves alone what chance has a part in, unless the user says otherwise", async () => {
    const { temperature: _, ...unsaid } = question;
    for (const body of [unsaid, { ...question, temperature: 0.7 }]) {
      await using daemon = await start();
      await daemon.chat(body);
      assert.equal(state(await daemon.chat(body)), "off");
    }
    await using daemon = await start({ cache: { exact: { anyTemperature: true } } });
    await daemon.chat(unsaid);
    assert.equal(state(await daemon.chat(unsaid)), "exact");
  });

  it("obeys Cache-Control", async () => {
    await using daemon = await start();
    assert.equal(state(await daemon.chat(question, { "cache-control": "no-store" })), "off");
    assert.equal(state(await daemon.chat(question)), "miss");
    assert.equal(state(await daemon.chat(question, { "cache-control": "no-cache" })), "miss");
    assert.equal(state(await daemon.chat(question, { "cache-control": "no-store" })), "off");
    assert.equal(state(await daemon.chat(question)), "exact");
    assert.equal(town.gpu.calls.length, 4);
  });

  it("keeps no answer that failed or broke off", async () => {
    await using daemon = await start();
    for (const how of [{ status: 500, body: "" }, { end: "cut" }, { end: "error" }] as const) {
      town.gpu.script = () => how;
      await daemon.chat({ ...question, stream: true });
    }
    town.gpu.script = () => ({});
    const reply = await daemon.chat({ ...question, stream: true });
    assert.equal(state(reply), "miss");
    assert.equal(spelled(reply.text), "Hello there, world.");
  });

  it("keeps no answer that may not be whole", async () => {
    await using daemon = await start();
    const choice = (finish_reason: string | null, index = 0, content = "Hi") => ({
      index,
      message: { role: "assistant", content },
      finish_reason,
    });
    for (const choices of [
      [choice("abort")],
      [choice(null)],
      [choice("stop"), choice("length", 1)],
      [choice("stop"), choice(null, 1)],
      [choice("stop", 0, "")],
      [choice("length")],
      [choice("content_filter")],
    ]) {
      town.gpu.script = () => ({ body: JSON.stringify({ object: "chat.completion", choices }) });
      await daemon.chat(question);
      assert.equal(state(await daemon.chat(question)), "miss", JSON.stringify(choices));
    }
    for (const reason of ["abort", null]) {
      const chunk = { choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: reason }] };
      town.gpu.script = () => ({
        headers: { "content-type": "text/event-stream" },
        body: `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`,
      });
      await daemon.chat({ ...question, stream: true });
      assert.equal(state(await daemon.chat({ ...question, stream: true })), "miss", String(reason));
    }
    town.gpu.script = () => ({});
    await daemon.chat(question);
    assert.equal(state(await daemon.chat(question)), "exact");
  });

  it("is counted in the metrics", async () => {
    await using daemon = await start();
    await daemon.chat(question);
    const { headers } = await daemon.chat(question);
    await daemon.ended(String(headers["x-switchyard-trace"]));
    const { text } = await daemon.ask({ path: "/metrics" });
    for (const line of [
      'cache_requests_total{state="miss"} 1',
      'cache_requests_total{state="exact"} 1',
      "cache_answers 1",
    ])
      assert.ok(text.includes(`switchyard_${line}\n`), text);
  });

  it("is off where the configuration has no section for it", async () => {
    await using daemon = await startDaemon({ config: townConfig(town), env: townEnv });
    await daemon.chat(question);
    assert.equal(state(await daemon.chat(question)), "off");
  });

  it("forgets with its time", async () => {
    await using daemon = await start({ cache: { exact: { ttlSeconds: 1 } } });
    await daemon.chat(question);
    assert.equal(state(await daemon.chat(question)), "exact");
    await new Promise((r) => setTimeout(r, 1_100));
    assert.equal(state(await daemon.chat(question)), "miss");
  });
});
