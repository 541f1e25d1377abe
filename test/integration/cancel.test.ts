import assert from "node:assert/strict";
import { begin } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { Upstream } from "../support/upstream.ts";

describe("a client that leaves", () => {
  let gpu: Upstream;
  let cloud: Upstream;
  let daemon: Daemon;
  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    daemon = await startDaemon({ config: townConfig({ gpu, cloud }), env: townEnv });
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await gpu?.[Symbol.asyncDispose]();
    await cloud?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    gpu.clear();
    cloud.clear();
  });

  /** Sends a chat without waiting for its answer. */
  const send = (body: Readonly<Record<string, unknown>>) => {
    const text = JSON.stringify({ model: "switchyard/auto", messages: [{ role: "user", content: "Hi" }], ...body });
    const req = begin(daemon.http, {
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${daemon.token}` },
      body: text,
    });
    req.on("error", () => {}); // leaving is the point
    req.end(text);
    return req;
  };
  /** The newest trace, once it has ended. */
  const ended = async () => daemon.ended((await daemon.traces("?limit=1"))[0]!.id);

  for (const [when, stream, stall] of [
    ["before the first token of a stream", true, "accept"],
    ["after the head and before the first token", true, "headers"],
    ["while a whole answer is awaited", false, "accept"],
  ] as const) {
    it(`${when} ends the upstream's request`, async () => {
      gpu.script = () => ({ stall });
      const req = send({ stream });
      await gpu.untilCalls(1);
      req.destroy();
      await gpu.untilClosed(1);
      const trace = await ended();
      assert.equal(trace.status, "cancelled");
      assert.deepEqual(
        trace.attempts.map((a) => a.outcome),
        ["cancelled"],
      );
      assert.equal(cloud.calls.length, 0, "no other model is tried for a client that has gone");
    });
  }

  it("in the middle of a stream ends the upstream's request, and what came is counted", async () => {
    gpu.script = () => ({ stall: "middle" });
    const live = await daemon.openChat({ stream: true });
    await live.next();
    live.close();
    await gpu.untilClosed(1);
    const trace = await ended();
    assert.equal(trace.status, "cancelled");
    assert.equal(trace.attempts[0]?.outcome, "cancelled");
    assert.equal(trace.usage?.source, "estimate");
    assert.ok(trace.usage.output > 0);
    assert.equal(typeof trace.ttftMs, "number");
  });

  it("does not disturb the others on the same upstream", async () => {
    gpu.script = (seen) => (seen.text.includes("leave me") ? { stall: "accept" } : { ttftMs: 100, gapMs: 10 });
    const leaving = Array.from({ length: 8 }, () => send({ messages: [{ role: "user", content: "leave me" }] }));
    const staying = Array.from({ length: 8 }, () => daemon.chat({ stream: true }));
    await gpu.untilCalls(16);
    for (const req of leaving) req.destroy();
    for (const reply of await Promise.all(staying)) assert.match(reply.text, /\[DONE\]/);
    await gpu.untilClosed(8);
    await gpu.untilIdle();
  });

  it("before its request is whole leaves no trace and no request upstream", async () => {
    const newest = (await daemon.traces("?limit=1"))[0]?.id;
    const req = begin(daemon.http, {
      method: "POST",
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${daemon.token}`, "content-length": "1000" },
    });
    req.on("error", () => {});
    await new Promise<void>((resolve) => req.write('{"model":', () => resolve()));
    req.destroy();
    assert.equal((await daemon.chat({ model: "small" })).status, 200);
    assert.equal(gpu.calls.length, 1);
    const [latest, before] = await daemon.traces("?limit=2");
    assert.equal(latest?.status, "ok");
    assert.equal(before?.id, newest);
  });
});
