import assert from "node:assert/strict";
import { begin } from "../support/client.ts";
import { useTown } from "../support/town.ts";

describe("a client that leaves", () => {
  const town = useTown();

  /** Sends a chat without waiting for its answer. */
  const send = (body: Readonly<Record<string, unknown>>) => {
    const text = JSON.stringify({ model: "switchyard/auto", messages: [{ role: "user", content: "Hi" }], ...body });
    const req = begin(town.daemon.http, {
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${town.daemon.token}` },
      body: text,
    });
    req.on("error", () => {}); // leaving is the point
    req.end(text);
    return req;
  };
  /** The newest trace, once it has ended. */
  const ended = async () => town.daemon.ended((await town.daemon.traces("?limit=1"))[0]!.id);

  for (const [when, stream, stall] of [
    ["before the first token of a stream", true, "accept"],
    ["after the head and before the first token", true, "headers"],
    ["while a whole answer is awaited", false, "accept"],
  ] as const) {
    it(`${when} ends the upstream's request`, async () => {
      town.gpu.script = () => ({ stall });
      const req = send({ stream });
      await town.gpu.untilCalls(1);
      req.destroy();
      await town.gpu.untilClosed(1);
      const trace = await ended();
      assert.equal(trace.status, "cancelled");
      assert.deepEqual(
        trace.attempts.map((a) => a.outcome),
        ["cancelled"],
      );
      assert.equal(town.cloud.calls.length, 0, "no other model is tried for a client that has gone");
    });
  }

  it("in the middle of a stream ends the upstream's request, and what came is counted", async () => {
    town.gpu.script = () => ({ stall: "middle" });
    const live = await town.daemon.openChat({ stream: true });
    await live.next();
    live.close();
    await town.gpu.untilClosed(1);
    const trace = await ended();
    assert.equal(trace.status, "cancelled");
    assert.equal(trace.attempts[0]?.outcome, "cancelled");
    assert.equal(trace.usage?.source, "estimate");
    assert.ok(trace.usage.output > 0);
    assert.equal(typeof trace.ttftMs, "number");
  });

  it("does not disturb the others on the same upstream", async () => {
    town.gpu.script = (seen) => (seen.text.includes("leave me") ? { stall: "accept" } : { ttftMs: 100, gapMs: 10 });
    const leaving = Array.from({ length: 8 }, () => send({ messages: [{ role: "user", content: "leave me" }] }));
    const staying = Array.from({ length: 8 }, () => town.daemon.chat({ stream: true }));
    await town.gpu.untilCalls(16);
    for (const req of leaving) req.destroy();
    for (const reply of await Promise.all(staying)) assert.match(reply.text, /\[DONE\]/);
    await town.gpu.untilClosed(8);
    await town.gpu.untilIdle();
  });

  it("before its request is whole leaves no trace and no request upstream", async () => {
    const newest = (await town.daemon.traces("?limit=1"))[0]?.id;
    const req = begin(town.daemon.http, {
      method: "POST",
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${town.daemon.token}`, "content-length": "1000" },
    });
    req.on("error", () => {});
    await new Promise<void>((resolve) => req.write('{"model":', () => resolve()));
    req.destroy();
    assert.equal((await town.daemon.chat({ model: "small" })).status, 200);
    assert.equal(town.gpu.calls.length, 1);
    const [latest, before] = await town.daemon.traces("?limit=2");
    assert.equal(latest?.status, "ok");
    assert.equal(before?.id, newest);
  });
});
