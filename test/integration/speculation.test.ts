import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { begin, dataOf, type Reply, spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { hard as complex, easy as simple } from "../support/questions.ts";
import { useUpstreams } from "../support/town.ts";
import { Upstream } from "../support/upstream.ts";

/** Every question is doubtful, and a short one is guessed to be simple. */
const doubt = {
  primary: "small",
  escalation: "large",
  baseline: "large",
  judge: "judge",
  band: [0, 1] as [number, number],
};

describe("speculation", () => {
  const town = useUpstreams();
  let judge: Upstream;
  before(async () => {
    judge = await Upstream.start();
  });
  after(() => judge[Symbol.asyncDispose]());
  beforeEach(() => judge.clear());

  const start = (more: Partial<ConfigInput> = {}): Promise<Daemon> =>
    startDaemon({
      config: townConfig(town, {
        routing: doubt,
        speculation: { maxHoldMs: 1_000, cloudUsdPerDay: 1 },
        providers: { bench: { kind: "openai", baseUrl: judge.baseUrl, locality: "local" } },
        models: { judge: { provider: "bench", name: "judge-model", prices: { input: 0, output: 0 } } },
        ...more,
      }),
      env: townEnv,
    });
  const says = (word: string, ttftMs = 0) => {
    judge.script = () => ({ chunks: [word], ttftMs });
  };
  const ask = (daemon: Daemon, content: string, body: Readonly<Record<string, unknown>> = {}): Promise<Reply> =>
    daemon.chat({ stream: true, messages: [{ role: "user", content }], ...body });
  const told = async (daemon: Daemon, reply: Reply): Promise<Trace> => {
    const id = String(reply.headers["x-switchyard-trace"]);
    for (let i = 0; ; i++) {
      const trace = await daemon.ended(id);
      if (i > 100 || trace.attempts.every((a) => a.outcome !== null)) return trace;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const roles = (trace: Trace) => trace.attempts.map((a) => [a.model, a.role, a.outcome]);

  for (const stream of [true, false]) {
    const what = stream ? "a streamed answer" : "a whole answer";

    it(`begins ${what} before the judge has spoken and releases it when it confirms`, async () => {
      await using daemon = await start();
      says("SIMPLE", 150);
      const reply = await ask(daemon, simple, { stream });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers["x-switchyard-model"], "small");
      if (stream) {
        assert.equal(spelled(reply.text), "Hello there, world.");
        assert.equal(dataOf(reply.text).at(-1), "[DONE]");
      }
      const trace = await told(daemon, reply);
      assert.deepEqual(roles(trace), [
        ["judge", "judge", "served"],
        ["small", "speculative", "served"],
      ]);
      assert.equal(trace.decision?.stage, "judge");
      assert.match(trace.decision?.reason ?? "", /simple/);
      const hold = trace.spans.find((s) => s.name === "hold");
      assert.equal(hold?.attempt, 1);
      assert.ok(trace.spans.some((s) => s.name === "judge"));
      assert.equal(trace.cost.wasteNanos, 0);
      assert.ok((trace.savedMs?.speculation ?? 0) > 0);
      assert.ok((trace.attempts[1]?.firstTokenMs ?? 0) <= (trace.ttftMs ?? 0), "held until the verdict");
      assert.equal(town.cloud.calls.length, 0);
    });

    it(`ends ${what} at the socket when the judge rejects it, and counts it as waste`, async () => {
      await using daemon = await start();
      says("COMPLEX", 150);
      town.gpu.script = () => (stream ? { ttftMs: 20, gapMs: 5_000 } : { ttftMs: 5_000 });
      const reply = await ask(daemon, simple, { stream });
      assert.equal(reply.headers["x-switchyard-model"], "large");
      await town.gpu.untilClosed(1);
      const trace = await told(daemon, reply);
      assert.deepEqual(roles(trace), [
        ["judge", "judge", "served"],
        ["small", "speculative", "discarded"],
        ["large", "primary", "served"],
      ]);
      assert.equal(trace.usage?.source, "provider");
      assert.equal(trace.savedMs?.speculation, 0);
    });
  }

  it("lets the guess stand when the judge is too slow, and remembers what it says later", async () => {
    await using daemon = await start({ speculation: { maxHoldMs: 200 } });
    says("COMPLEX", 500);
    const reply = await ask(daemon, simple);
    assert.equal(reply.headers["x-switchyard-model"], "small");
    const trace = await told(daemon, reply);
    assert.equal(trace.decision?.stage, "policy");
    assert.match(trace.decision?.reason ?? "", /within 200 ms/);
    assert.deepEqual(roles(trace), [
      ["judge", "judge", "served"],
      ["small", "speculative", "served"],
    ]);
    const again = await ask(daemon, simple);
    assert.equal(again.headers["x-switchyard-model"], "large", "what it said late counts the next time");
    assert.equal(judge.calls.length, 1, "and it isn't asked again");
    assert.equal((await told(daemon, again)).decision?.stage, "judge");
  });

  it("takes the guess when the judge fails, or says nothing that can be understood", async () => {
    await using daemon = await start();
    judge.script = () => ({ status: 500, body: "" });
    assert.equal((await ask(daemon, simple)).headers["x-switchyard-model"], "small");
    says("Well, it depends.");
    const reply = await ask(daemon, `${simple} Please.`);
    assert.equal(reply.headers["x-switchyard-model"], "small");
    assert.match(String(reply.headers["x-switchyard-reason"]), /no verdict/);
  });

  it("begins a paid answer early within its budget of a day, and not beyond it", async () => {
    await using daemon = await start({ speculation: { maxHoldMs: 1_000, cloudUsdPerDay: 0.1 } });
    says("COMPLEX", 100);
    const early = await told(daemon, await ask(daemon, complex, { max_tokens: 10 }));
    assert.deepEqual(roles(early), [
      ["judge", "judge", "served"],
      ["large", "speculative", "served"],
    ]);
    const late = await told(daemon, await ask(daemon, `${complex} Really.`, { max_tokens: 20_000 }));
    assert.deepEqual(roles(late), [
      ["judge", "judge", "served"],
      ["large", "primary", "served"],
    ]);
  });

  it("begins the user's own model early where the guess mayn't be paid for", async () => {
    await using daemon = await start({ speculation: { maxHoldMs: 1_000, cloudUsdPerDay: 0 } });
    says("SIMPLE", 100);
    const trace = await told(daemon, await ask(daemon, complex));
    assert.deepEqual(roles(trace), [
      ["judge", "judge", "served"],
      ["small", "speculative", "served"],
    ]);
  });

  it("begins nothing early that may do something in the world", async () => {
    await using daemon = await start();
    says("SIMPLE", 100);
    const tools = [{ type: "function", function: { name: "delete_file", parameters: { type: "object" } } }];
    const trace = await told(daemon, await ask(daemon, simple, { tools }));
    assert.deepEqual(roles(trace), [
      ["judge", "judge", "served"],
      ["small", "primary", "served"],
    ]);
  });

  it("asks no judge about a clear question, an explicit model, or text that may not leave", async () => {
    const routing = { ...doubt, band: [0.45, 0.46] as [number, number] };
    const models = { judge: { provider: "cloud", name: "judge-model" } };
    await using clear = await start({ routing });
    await ask(clear, simple);
    await ask(clear, simple, { model: "large" });
    await using secret = await start({ models });
    const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----";
    const reply = await ask(secret, `What is this? ${key}`);
    assert.equal(reply.headers["x-switchyard-model"], "small", reply.text);
    assert.equal(judge.calls.length, 0);
    assert.deepEqual(
      town.cloud.calls.map((c) => c.json["model"]),
      ["large-model"],
      "the explicit one, and no judge",
    );
  });

  it("falls back as ever when what was begun early fails", async () => {
    await using daemon = await start();
    says("SIMPLE", 150);
    town.gpu.script = () => ({ status: 500, body: "" });
    const reply = await ask(daemon, simple);
    assert.equal(reply.headers["x-switchyard-model"], "large");
    assert.deepEqual(roles(await told(daemon, reply)), [
      ["judge", "judge", "served"],
      ["small", "speculative", "failed"],
      ["large", "fallback", "served"],
    ]);
  });

  it("closes both, at the socket, for a client that leaves while the judge thinks", async () => {
    await using daemon = await start();
    says("SIMPLE", 5_000);
    town.gpu.script = () => ({ stall: "middle" });
    const text = JSON.stringify({
      model: "switchyard/auto",
      stream: true,
      messages: [{ role: "user", content: simple }],
    });
    const req = begin(daemon.http, {
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${daemon.token}` },
      body: text,
    });
    req.on("error", () => {}); // leaving is the point
    req.end(text);
    await judge.untilCalls(1);
    await town.gpu.untilCalls(1);
    req.destroy();
    await judge.untilClosed(1);
    await town.gpu.untilClosed(1);
    const [newest] = await daemon.traces("?limit=1");
    const trace = await daemon.ended(newest!.id);
    assert.equal(trace.status, "cancelled");
    assert.equal(trace.usage, null, "nobody saw anything");
    assert.deepEqual(roles(trace), [
      ["judge", "judge", "cancelled"],
      ["small", "speculative", "cancelled"],
    ]);
  });

  it("replaces what broke off while it was held: nobody has seen anything of it", async () => {
    await using daemon = await start();
    for (const how of [{ reset: "middle" }, { end: "cut" }, { end: "error" }] as const) {
      says("SIMPLE", 200);
      town.gpu.script = () => how;
      const reply = await ask(daemon, `${simple} ${JSON.stringify(how)}`);
      assert.equal(reply.headers["x-switchyard-model"], "large", reply.text);
      assert.equal(spelled(reply.text), "Hello there, world.");
      const trace = await told(daemon, reply);
      assert.deepEqual(roles(trace).slice(1), [
        ["small", "speculative", "failed"],
        ["large", "fallback", "served"],
      ]);
      assert.equal(trace.savedMs?.speculation, 0, "what failed came no sooner");
    }
  });

  it("never shows a cloud's judge what its client wants answered at home", async () => {
    const models = { judge: { provider: "cloud", name: "judge-model" } };
    await using daemon = await start({ models });
    const reply = await ask(daemon, simple, { model: "switchyard/local" });
    assert.equal(reply.headers["x-switchyard-model"], "small");
    assert.equal(town.cloud.calls.length, 0);
  });

  it("takes the only place from a judge that is too slow, and gives it no turn later", async () => {
    const one = { kind: "openai", baseUrl: town.gpu.baseUrl, locality: "local", maxConcurrent: 1 } as const;
    const models = { judge: { provider: "gpu", name: "judge-model" } };
    await using daemon = await start({ providers: { gpu: one }, models, speculation: { maxHoldMs: 200 } });
    town.gpu.script = ({ json }) => (json["model"] === "judge-model" ? { stall: "accept" } : {});
    const reply = await ask(daemon, simple);
    assert.equal(reply.status, 200, reply.text);
    const trace = await told(daemon, reply);
    assert.deepEqual(roles(trace), [
      ["judge", "judge", "failed"],
      ["small", "primary", "served"],
    ]);
    assert.match(trace.decision?.reason ?? "", /not begun early/);
  });

  it("calls nothing served in a running trace that is still held", async () => {
    await using daemon = await start();
    says("SIMPLE", 700);
    const reply = ask(daemon, simple);
    await town.gpu.untilCalls(1);
    await town.gpu.untilIdle();
    const [running] = await daemon.traces("?limit=1");
    assert.equal(running?.status, "running");
    assert.equal(running?.attempts[1]?.outcome, null);
    assert.deepEqual([running?.usage, running?.cost.savedNanos], [null, null]);
    assert.equal((await told(daemon, await reply)).attempts[1]?.outcome, "served");
  });

  it("without a judge decides by itself, at once", async () => {
    const { judge: _, ...routing } = doubt;
    await using daemon = await start({ routing });
    const trace = await told(daemon, await ask(daemon, simple));
    assert.deepEqual(roles(trace), [["small", "primary", "served"]]);
    assert.equal(trace.savedMs, null);
  });
});
