import assert from "node:assert/strict";
import type { Trace } from "../../server/protocol/trace.ts";
import { spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";
import type { Behaviour } from "../support/upstream.ts";

const roles = (trace: Trace) => trace.attempts.map((a) => [a.model, a.role, a.outcome]);

describe("trying again", () => {
  const town = useUpstreams();
  const start = (): Promise<Daemon> => startDaemon({ config: townConfig(town), env: townEnv });
  /** So many failures, then answers. */
  const failing = (times: number, how: Behaviour) => {
    town.gpu.script = () => (town.gpu.calls.length <= times ? how : {});
  };

  for (const [what, how] of Object.entries<Behaviour>({
    "429 with Retry-After": { status: 429, headers: { "retry-after": "0" }, body: '{"error":{"message":"slow down"}}' },
    "503 with Retry-After": { status: 503, headers: { "retry-after": "0" }, body: "" },
    "529 with Retry-After": { status: 529, headers: { "retry-after": "0" }, body: "" },
    "a connection that is reset": { reset: "accept" },
  })) {
    it(`asks an explicit model again after ${what}`, async () => {
      await using daemon = await start();
      failing(2, how);
      const reply = await daemon.chat({ model: "small", stream: true });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(spelled(reply.text), "Hello there, world.");
      const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.deepEqual(roles(trace), [
        ["small", "primary", "failed"],
        ["small", "fallback", "failed"],
        ["small", "fallback", "served"],
      ]);
    });
  }

  it("waits as long as Retry-After says", async () => {
    await using daemon = await start();
    failing(1, { status: 503, headers: { "retry-after": "1" }, body: "" });
    const reply = await daemon.chat({ model: "small" });
    assert.equal(reply.status, 200, reply.text);
    const [first, second] = town.gpu.calls;
    assert.ok(second!.atMs - first!.atMs >= 1_000);
  });

  it("gives a long Retry-After to the client to keep", async () => {
    await using daemon = await start();
    failing(9, { status: 429, headers: { "retry-after": "60" }, body: "" });
    const reply = await daemon.chat({ model: "small" });
    assert.equal(reply.status, 429);
    assert.equal(reply.headers["retry-after"], "60");
    assert.equal(town.gpu.calls.length, 1);
  });

  it("asks nobody again after a failure that doesn't pass", async () => {
    await using daemon = await start();
    for (const status of [400, 401, 404, 500]) {
      town.gpu.clear();
      town.gpu.script = () => ({ status, body: "" });
      assert.ok((await daemon.chat({ model: "small" })).status >= 400);
      assert.equal(town.gpu.calls.length, 1, `after ${status}`);
    }
  });

  it("gives up in the end, with the last word of the provider", async () => {
    await using daemon = await start();
    town.gpu.script = () => ({ reset: "accept" });
    const reply = await daemon.chat({ model: "small" });
    assert.equal(reply.status, 502);
    assert.equal(reply.json.error.code, "upstream_error");
    assert.equal(town.gpu.calls.length, 3);
  });

  it("prefers another model at once to the same one later", async () => {
    await using daemon = await start();
    failing(1, { status: 503, headers: { "retry-after": "1" }, body: "" });
    const reply = await daemon.chat();
    assert.equal(reply.headers["x-switchyard-model"], "large");
    assert.equal(town.gpu.calls.length, 1);
  });

  it("waits for a model that its server is loading, and calls that no failure", async () => {
    await using daemon = await start();
    failing(2, { status: 503, body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}' });
    const reply = await daemon.chat({ stream: true });
    assert.equal(reply.headers["x-switchyard-model"], "small");
    assert.match(reply.text, /^: small is being loaded/);
    assert.equal(spelled(reply.text), "Hello there, world.");
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.deepEqual(roles(trace), [["small", "primary", "served"]]);
  });

  it("says in the stream who answers after all, when the headers have gone with a word of waiting", async () => {
    await using daemon = await start();
    town.gpu.script = () =>
      town.gpu.calls.length === 1
        ? { status: 503, body: '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}' }
        : { status: 500, body: "" };
    const reply = await daemon.chat({ stream: true });
    assert.equal(reply.headers["x-switchyard-model"], "small");
    assert.match(reply.text, /^: small failed.*large answers instead$/m);
    assert.equal(spelled(reply.text), "Hello there, world.");
  });

  it("pays nothing for what was never sent", async () => {
    const providers = { gpu: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1", locality: "local" } } as const;
    const config = townConfig(town, { providers });
    const small = { ...config.models!["small"]!, prices: { input: 1_000, output: 1_000 } };
    await using daemon = await startDaemon({
      config: { ...config, models: { ...config.models, small } },
      env: townEnv,
    });
    const trace = await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
    assert.deepEqual([trace.attempts[0]?.outcome, trace.attempts[0]?.costNanos], ["failed", 0]);
  });

  it("gives a place back that an unreadable answer held", async () => {
    const providers = {
      gpu: { kind: "openai", baseUrl: town.gpu.baseUrl, locality: "local", maxConcurrent: 1 },
    } as const;
    await using daemon = await startDaemon({
      config: townConfig(town, { providers, ledger: { storeText: true } }),
      env: townEnv,
    });
    const good = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n';
    const headers = { "content-type": "text/event-stream" };
    town.gpu.script = () => ({ body: `${good}data: {"choices": nonsense}\n\n`, status: 200, headers });
    for (let i = 0; i < 3; i++) await daemon.chat({ model: "small", stream: true });
    town.gpu.script = () => ({});
    assert.equal((await daemon.chat({ model: "small" })).status, 200);
  });
});
