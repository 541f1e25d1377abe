import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Reply } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";
import { type Behaviour, type Seen, Upstream } from "../support/upstream.ts";

/** So many failures in a row break a model. */
const enough = 10;
const down: Behaviour = { status: 500, body: '{"error":{"message":"out of memory"}}' };

describe("a model that keeps failing", () => {
  const town = useUpstreams();
  const models = { other: { provider: "gpu", name: "other-model", tier: "local" as const } };
  const start = (more: Partial<ConfigInput> = {}): Promise<Daemon> =>
    startDaemon({ config: townConfig(town, { models, ...more }), env: townEnv });
  const asks = (upstream: Upstream, model: string): number =>
    upstream.calls.filter((c) => c.json["model"] === model).length;
  /** What this model's server does; the others behave. */
  const script = (model: string, f: (seen: Seen) => Behaviour) => (seen: Seen) =>
    seen.json["model"] === model ? f(seen) : {};
  /** Makes `small` fail until it is passed over. */
  const breakSmall = async (daemon: Daemon): Promise<void> => {
    town.gpu.script = script("small-model", () => down);
    for (let i = 0; i < enough; i++) assert.equal((await daemon.chat()).status, 200);
    assert.equal(asks(town.gpu, "small-model"), enough, "so far it was asked each time");
  };
  const reason = (reply: Reply) => String(reply.headers["x-switchyard-reason"]);

  it("is passed over without being asked, with a word about it", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    for (const stream of [true, false]) {
      const reply = await daemon.chat({ stream });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers["x-switchyard-model"], "large");
      assert.match(reason(reply), /small has failed 10 times in a row/);
      const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.deepEqual(
        trace.attempts.map((a) => [a.model, a.role, a.outcome]),
        [["large", "primary", "served"]],
      );
      assert.equal(trace.decision?.model, "large");
      assert.match(trace.decision.reason, /small has failed 10 times in a row/);
    }
    assert.equal(asks(town.gpu, "small-model"), enough);
  });

  it("may fail by saying nothing, also where nobody reads along", async () => {
    const timeouts = { totalMs: 2_000 };
    const gpu = { kind: "openai" as const, baseUrl: town.gpu.baseUrl, locality: "local" as const, timeouts };
    await using daemon = await start({ providers: { gpu } });
    town.gpu.script = script("small-model", () => ({ stall: "accept" }));
    const late = await Promise.all(Array.from({ length: enough }, () => daemon.chat()));
    for (const reply of late) {
      assert.equal(reply.status, 504);
      assert.match(reply.json.error.message, /small did not finish within 2000 ms/);
    }
    assert.equal(town.gpu.calls.length, enough, "what has no time left is asked of nobody else");
    assert.equal(town.cloud.calls.length, 0);
    const reply = await daemon.chat();
    assert.equal(reply.status, 200);
    assert.match(reason(reply), /small has failed \d+ times in a row/);
  });

  it("disables no other model of its provider, and no other provider", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    const other = await daemon.chat({ model: "other" });
    assert.equal(other.status, 200, other.text);
    assert.equal(other.headers["x-switchyard-model"], "other");
    assert.equal((await daemon.chat({ model: "large" })).status, 200);
    const local = await daemon.chat({ model: "switchyard/local" });
    assert.equal(local.headers["x-switchyard-model"], "other", "the other one of the same provider takes over");
    const { providers } = (await daemon.ask({ path: "/health" })).json;
    assert.deepEqual(
      providers.map((p: { id: string; state: string }) => [p.id, p.state]),
      [
        ["gpu", "up"],
        ["cloud", "up"],
      ],
    );
  });

  it("is asked all the same by a client that names it", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    const refused = await daemon.chat({ model: "small" });
    assert.equal(refused.status, 502);
    assert.match(refused.json.error.message, /out of memory/);
    assert.equal(asks(town.gpu, "small-model"), enough + 1);
  });

  it("comes back at once when it answers a client that names it", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    town.gpu.script = () => ({});
    assert.equal((await daemon.chat({ model: "small" })).status, 200);
    assert.equal((await daemon.chat()).headers["x-switchyard-model"], "small");
  });

  it("is tried by one request when its time is over, while others pass it over, and comes back", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    const { promise, resolve } = Promise.withResolvers<void>();
    town.gpu.script = script("small-model", () => ({ after: promise }));
    // Until its time is over nobody asks it; the request that does is the trial, and its answer waits for our word.
    const asked: Promise<Reply>[] = [];
    for (let i = 0; asks(town.gpu, "small-model") === enough; i++) {
      assert.ok(i < 200, "it is asked again within some seconds");
      asked.push(daemon.chat());
      await sleep(50);
    }
    for (let i = 0; i < 5; i++) {
      const reply = await daemon.chat();
      assert.equal(reply.headers["x-switchyard-model"], "large");
      assert.match(reason(reply), /small .* is being tried again/);
    }
    assert.equal(asks(town.gpu, "small-model"), enough + 1);
    resolve();
    const replies = await Promise.all(asked);
    assert.equal(replies.filter((r) => r.headers["x-switchyard-model"] === "small").length, 1);
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    for (let i = 0; i < 5; i++) assert.equal((await daemon.chat()).headers["x-switchyard-model"], "small");
  });

  it("stays passed over when its trial fails", async () => {
    await using daemon = await start();
    await breakSmall(daemon);
    for (let i = 0; asks(town.gpu, "small-model") === enough; i++) {
      assert.ok(i < 200, "it is asked again within some seconds");
      assert.equal((await daemon.chat()).status, 200, "a trial that fails is answered by another");
      await sleep(50);
    }
    for (let i = 0; i < 5; i++) assert.equal((await daemon.chat()).headers["x-switchyard-model"], "large");
    assert.equal(asks(town.gpu, "small-model"), enough + 1);
  });

  it("is tried anyway when no other is left", async () => {
    await using daemon = await start();
    town.gpu.script = () => down;
    town.cloud.script = () => down;
    for (let i = 0; i < enough; i++) assert.equal((await daemon.chat()).status, 502);
    assert.deepEqual([asks(town.gpu, "small-model"), asks(town.cloud, "large-model")], [enough, enough]);
    assert.equal((await daemon.chat()).status, 502);
    assert.deepEqual([asks(town.gpu, "small-model"), asks(town.cloud, "large-model")], [enough + 1, enough + 1]);
    town.gpu.script = () => ({});
    const reply = await daemon.chat();
    assert.equal(reply.status, 200, "the chosen one is asked, not refused");
    assert.equal(reply.headers["x-switchyard-model"], "small");
  });
});

describe("a provider that can't be reached", () => {
  const town = useUpstreams();

  it("takes its models out of use, until it lives again", async () => {
    const gone = await Upstream.start();
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const providers = {
      gpu: { kind: "openai" as const, baseUrl: `http://127.0.0.1:${port}/v1`, locality: "local" as const },
    };
    const models = { other: { provider: "gpu", name: "other-model", tier: "local" as const } };
    await using daemon = await startDaemon({ config: townConfig(town, { providers, models }), env: townEnv });
    for (let i = 0; i < enough; i++) assert.equal((await daemon.chat()).headers["x-switchyard-model"], "large");
    const reply = await daemon.chat();
    assert.match(String(reply.headers["x-switchyard-reason"]), /small is at gpu, which could not be reached/);
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.equal(trace.attempts.length, 1, "neither of its models is asked");

    await using _back = await Upstream.start({ port });
    for (let i = 0; (await daemon.chat()).headers["x-switchyard-model"] !== "small"; i++) {
      assert.ok(i < 200, "it is used again within some seconds");
      await sleep(50);
    }
  });
});
