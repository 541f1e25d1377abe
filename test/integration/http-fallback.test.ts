import assert from "node:assert/strict";
import { dataOf, spelled } from "../support/client.ts";
import { startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useTown } from "../support/town.ts";
import { type Behaviour, Upstream } from "../support/upstream.ts";

describe("fallback", () => {
  const town = useTown({ connectMs: 1_000, firstTokenMs: 250, betweenTokensMs: 5_000, totalMs: 5_000 });

  const ways: Readonly<Record<string, Behaviour>> = {
    "answers 500": { status: 500, body: "oops" },
    "answers 429": { status: 429, body: "{}" },
    "answers a success that holds an error": { body: '{"error":{"message":"no"}}' },
    "resets the connection": { reset: "accept" },
    "resets after its head": { reset: "headers" },
    "says nothing": { stall: "accept" },
    "says nothing after its head": { stall: "headers" },
  };
  for (const [what, way] of Object.entries(ways)) {
    it(`the next model answers a stream when the first one ${what}`, async () => {
      town.gpu.script = () => way;
      const reply = await town.daemon.chat({ stream: true });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers["x-switchyard-model"], "large");
      assert.equal(spelled(reply.text), "Hello there, world.");
      assert.equal(dataOf(reply.text).at(-1), "[DONE]");
      const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.equal(trace.status, "ok");
      assert.deepEqual(
        trace.attempts.map((a) => [a.model, a.role, a.outcome]),
        [
          ["small", "primary", "failed"],
          ["large", "fallback", "served"],
        ],
      );
      assert.ok(trace.attempts[0]?.error);
      assert.equal((await town.daemon.traces()).filter((t) => t.id === trace.id).length, 1);
    });
  }

  it("the next model answers a whole answer too", async () => {
    town.gpu.script = () => ({ status: 502, body: "" });
    const reply = await town.daemon.chat();
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers["x-switchyard-model"], "large");
    assert.equal(reply.json.model, "large-model");
  });

  it("the last model's failure is told when all have failed, with every attempt on the trace", async () => {
    town.gpu.script = () => ({ status: 500, body: "gpu down" });
    town.cloud.script = () => ({ status: 500, body: "cloud down" });
    const reply = await town.daemon.chat({ stream: true });
    assert.equal(reply.status, 502);
    assert.equal(reply.json.error.code, "upstream_error");
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.attempts.length, 2);
    assert.equal(trace.status, "error");
  });

  it("a request that the upstream finds wrong in itself is not tried elsewhere", async () => {
    town.gpu.script = () => ({ status: 400, body: '{"error":{"message":"max_tokens is negative"}}' });
    const reply = await town.daemon.chat({ max_tokens: -1 });
    assert.equal(reply.status, 400);
    assert.equal(town.cloud.calls.length, 0);
  });

  it("nothing replaces an answer whose first content was passed on", async () => {
    town.gpu.script = () => ({ reset: "middle" });
    const reply = await town.daemon.chat({ stream: true });
    assert.equal(reply.status, 200);
    assert.ok(!dataOf(reply.text).includes("[DONE]"));
    assert.equal(town.cloud.calls.length, 0);
  });

  it("an explicit model is not replaced", async () => {
    town.gpu.script = () => ({ status: 500, body: "" });
    const reply = await town.daemon.chat({ model: "small" });
    assert.equal(reply.status, 502);
    assert.equal(town.cloud.calls.length, 0);
  });

  it("a weaker model takes over from a strong one only with a word about it", async () => {
    town.cloud.script = () => ({ status: 500, body: "" });
    const reply = await town.daemon.chat({ model: "switchyard/best" });
    if (reply.status === 200) {
      assert.equal(reply.headers["x-switchyard-model"], "small");
      assert.match(String(reply.headers["x-switchyard-reason"]), /weaker|failed|fallback|instead/i);
    } else assert.equal(reply.json.error.code, "upstream_error");
  });

  it("switchyard/local never falls back to the cloud", async () => {
    town.gpu.script = () => ({ status: 500, body: "" });
    const reply = await town.daemon.chat({ model: "switchyard/local" });
    assert.equal(reply.status, 502);
    assert.equal(town.cloud.calls.length, 0);
  });

  it("an explicit model is replaced where the configuration lets it", async () => {
    const routing = { primary: "small", escalation: "large", fallbackExplicit: true };
    await using lenient = await startDaemon({ config: townConfig(town, { routing }), env: townEnv });
    town.gpu.script = () => ({ status: 500, body: "" });
    const reply = await lenient.chat({ model: "small" });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers["x-switchyard-model"], "large");
  });

  it("a provider that isn't there at all is passed over", async () => {
    const gone = await Upstream.start();
    const baseUrl = gone.baseUrl;
    await gone[Symbol.asyncDispose]();
    const config = townConfig(town, { providers: { gpu: { kind: "openai", baseUrl, locality: "local" } } });
    await using lonely = await startDaemon({ config, env: townEnv });
    const reply = await lonely.chat();
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers["x-switchyard-model"], "large");
    const refused = await lonely.chat({ model: "small" });
    assert.equal(refused.status, 502);
    assert.match(refused.json.error.message, /gpu|127\.0\.0\.1/, "the message names who must be looked at");
  });
});
