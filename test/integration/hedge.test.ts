import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { dataOf, spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const roles = (trace: Trace) => trace.attempts.map((a) => [a.model, a.role, a.outcome]);

describe("hedging", () => {
  const town = useUpstreams();
  const start = (more: Partial<ConfigInput> = {}): Promise<Daemon> =>
    startDaemon({ config: townConfig(town, { hedge: { afterMs: 100, maxShare: 1 }, ...more }), env: townEnv });
  /** The first call stays silent, later ones answer. */
  const firstIsSilent = () => {
    town.gpu.script = () => (town.gpu.calls.length === 1 ? { stall: "accept" } : {});
  };

  it("asks the same model once more when it is late, takes the sooner answer and closes the other", async () => {
    await using daemon = await start();
    firstIsSilent();
    const reply = await daemon.chat({ stream: true });
    assert.equal(spelled(reply.text), "Hello there, world.");
    assert.equal(dataOf(reply.text).at(-1), "[DONE]");
    await town.gpu.untilClosed(1);
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.deepEqual(roles(trace), [
      ["small", "primary", "discarded"],
      ["small", "hedge", "served"],
    ]);
    assert.match(trace.decision?.reason ?? "", /late/);
    assert.ok((trace.attempts[1]?.startMs ?? 0) >= 100, "not before its time");
    assert.equal(trace.usage?.source, "provider");
  });

  it("asks a model that the configuration calls its equal, where there is one", async () => {
    const models = {
      twin: { provider: "cloud", name: "twin-model", equals: ["small"], prices: { input: 1, output: 2 } },
    };
    await using daemon = await start({ models });
    firstIsSilent();
    const reply = await daemon.chat({ stream: true });
    assert.equal(reply.headers["x-switchyard-model"], "twin");
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.deepEqual(roles(trace), [
      ["small", "primary", "discarded"],
      ["twin", "hedge", "served"],
    ]);
  });

  it("drops the second attempt when the first answers after all", async () => {
    await using daemon = await start();
    town.gpu.script = () => (town.gpu.calls.length === 1 ? { ttftMs: 200 } : { ttftMs: 5_000 });
    const reply = await daemon.chat({ stream: true });
    assert.equal(spelled(reply.text), "Hello there, world.");
    await town.gpu.untilClosed(1);
    assert.deepEqual(roles(await daemon.ended(String(reply.headers["x-switchyard-trace"]))), [
      ["small", "primary", "served"],
      ["small", "hedge", "discarded"],
    ]);
  });

  it("keeps to its share of the requests", async () => {
    await using daemon = await start({ hedge: { afterMs: 30, maxShare: 0.1 } });
    town.gpu.script = () => ({ ttftMs: 80 });
    await Promise.all(Array.from({ length: 40 }, () => daemon.chat({ stream: true })));
    const all = (await daemon.traces()).flatMap((t) => t.attempts.filter((a) => a.role === "hedge"));
    assert.ok(all.length >= 1 && all.length <= 4, `${all.length} of 40`);
  });

  it("makes no second attempt of what may do something in the world, nor without its section", async () => {
    town.gpu.script = () => ({ ttftMs: 250 });
    await using daemon = await start();
    const tools = [{ type: "function", function: { name: "delete_file", parameters: { type: "object" } } }];
    await daemon.chat({ stream: true, tools });
    await using plain = await startDaemon({ config: townConfig(town), env: townEnv });
    await plain.chat({ stream: true });
    assert.equal(town.gpu.calls.length, 2);
  });

  it("fails over to the next model when both have failed", async () => {
    await using daemon = await start();
    town.gpu.script = () => ({ ttftMs: 150, status: 500, body: "" });
    const reply = await daemon.chat({ stream: true });
    assert.equal(reply.headers["x-switchyard-model"], "large");
    const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    assert.deepEqual(roles(trace).at(-1), ["large", "fallback", "served"]);
  });
});
