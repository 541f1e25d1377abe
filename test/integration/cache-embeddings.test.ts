import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { begin } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";
import type { Behaviour, Seen, Upstream } from "../support/upstream.ts";

type Reply = Awaited<ReturnType<Daemon["chat"]>>;
const state = (reply: Reply) => reply.headers["x-switchyard-cache"];
const traceOf = (reply: Reply) => String(reply.headers["x-switchyard-trace"]);
const ask = (content: string) => ({ model: "small", temperature: 0, messages: [{ role: "user", content }] });
const attempts = (trace: Trace) => trace.attempts.map((a) => [a.role, a.model, a.outcome]);

const asked = "How do I sort a list in Python?";
const paraphrase = "What is the best way to sort a list in Python?";
const another = "How can I sort a list in Python?";

const embedding = (seen: Seen) => seen.path === "/v1/embeddings";
const embeddings = (upstream: Upstream) => upstream.calls.filter(embedding);
/** Misbehaves where a vector is asked for, and nowhere else. */
const badly = (behaviour: Behaviour) => (seen: Seen) => (embedding(seen) ? behaviour : {});

describe("the semantic cache with an embeddings endpoint", () => {
  const town = useUpstreams();
  const models: NonNullable<ConfigInput["models"]> = {
    near: { provider: "gpu", name: "embed-near", abilities: ["embeddings"], prices: { input: 0.02, output: 0 } },
    other: { provider: "gpu", name: "embed-other", abilities: ["embeddings"], prices: { input: 0, output: 0 } },
    far: { provider: "cloud", name: "embed-far", abilities: ["embeddings"], prices: { input: 0.1, output: 0 } },
  };
  const config = (model: string) =>
    townConfig(town, { models, cache: { semantic: { enabled: true, model } }, log: { level: "debug" } });
  const start = (model = "near") => startDaemon({ config: config(model), env: townEnv });
  /** Waits for a late attempt to be over, too. */
  const settled = async (daemon: Daemon, reply: Reply, n: number): Promise<Trace> => {
    for (let i = 0; i < 250; i++) {
      const trace = await daemon.ended(traceOf(reply));
      if (trace.attempts.length === n && trace.attempts.every((a) => a.outcome !== null)) return trace;
      await sleep(20);
    }
    assert.fail(`the trace never had ${n} attempts`);
  };
  const remember = async (daemon: Daemon) => settled(daemon, await daemon.chat(ask(asked)), 2);

  it("asks for the vector of what is kept once the client has its answer, and tells what it cost", async () => {
    await using daemon = await start();
    const trace = await remember(daemon);
    assert.deepEqual(attempts(trace), [
      ["primary", "small", "served"],
      ["enrich", "near", "served"],
    ]);
    const [answer, vector] = trace.attempts;
    assert.ok(vector!.startMs >= answer!.endMs!);
    assert.deepEqual([vector!.usage?.input, vector!.usage?.source, vector!.costNanos], [11, "provider", 220]);
    assert.equal(trace.cost.nanos, answer!.costNanos! + 220);
    const [seen] = embeddings(town.gpu);
    assert.deepEqual(seen!.json, { model: "embed-near", input: [asked], encoding_format: "float" });
  });

  it("gives a question with a near vector the answer of before, and the trace has the call", async () => {
    await using daemon = await start();
    await remember(daemon);
    const reply = await daemon.chat(ask(paraphrase));
    assert.equal(state(reply), "semantic");
    const trace = await daemon.ended(traceOf(reply));
    assert.deepEqual(attempts(trace), [["enrich", "near", "served"]]);
    assert.equal(trace.cost.nanos, 220);
    assert.equal(trace.cost.savedNanos, trace.cost.baselineNanos! - 220);
    assert.ok(trace.recalled!.similarity! > 0.99);
    assert.doesNotMatch(daemon.stderr(), /sentence model/); // the packaged one isn't needed
  });

  it("asks a model where the vectors point elsewhere, and keeps the answer with the same vector", async () => {
    town.gpu.vectorOf = (text) => (text === asked ? [1, 0] : [0, 1]);
    await using daemon = await start();
    await remember(daemon);
    const reply = await daemon.chat(ask(paraphrase));
    assert.equal(state(reply), "miss");
    const trace = await daemon.ended(traceOf(reply));
    assert.deepEqual(attempts(trace), [
      ["enrich", "near", "served"],
      ["primary", "small", "served"],
    ]);
    assert.equal(state(await daemon.chat(ask(another))), "semantic");
    assert.equal(embeddings(town.gpu).length, 3);
  });

  it("asks for no vector before the answer where no remembered question may be the same", async () => {
    await using daemon = await start();
    await remember(daemon);
    const trace = await settled(daemon, await daemon.chat(ask("Why is the sky blue?")), 2);
    assert.deepEqual(
      trace.attempts.map((a) => a.role),
      ["primary", "enrich"],
    );
  });

  const failures: [string, Behaviour, RegExp][] = [
    ["fails", { status: 500, body: '{"error":{"message":"out of order"}}' }, /500: out of order/],
    ["is too slow", { headMs: 5_000 }, /near did not finish within 1000 ms\.$/],
    ["closes the connection", { reset: "accept" }, /closed the connection/],
    ["sends too many vectors", { body: '{"data":[{"embedding":[1]},{"embedding":[1]}]}' }, /2 vectors in place of 1/],
    ["sends what is no vector", { body: '{"data":[{"embedding":[1,"x"]}]}' }, /no vectors: data\.0\.embedding\.1/],
  ];
  for (const [what, behaviour, why] of failures)
    it(`takes it for a miss when the endpoint ${what}, and asks it no second time`, async () => {
      await using daemon = await start();
      await remember(daemon);
      town.gpu.script = badly(behaviour);
      const reply = await daemon.chat(ask(paraphrase));
      assert.deepEqual([reply.status, state(reply)], [200, "miss"]);
      const trace = await daemon.ended(traceOf(reply));
      assert.deepEqual(attempts(trace), [
        ["enrich", "near", "failed"],
        ["primary", "small", "served"],
      ]);
      assert.equal(trace.status, "ok");
      assert.match(trace.attempts[0]!.error!.message, why);
      await sleep(50);
      assert.equal(embeddings(town.gpu).length, 2);
    });

  it("sends no text to a cloud that may not leave this machine, and doesn't remember its question", async () => {
    await using daemon = await start("far");
    const secret = "with the key AKIAIOSFODNN7EXAMPLE";
    for (const question of [`${asked.slice(0, -1)} ${secret}?`, `${paraphrase.slice(0, -1)} ${secret}?`]) {
      const reply = await daemon.chat(ask(question));
      assert.deepEqual([reply.status, state(reply)], [200, "miss"]);
      await sleep(50);
      assert.deepEqual(attempts(await daemon.ended(traceOf(reply))), [["primary", "small", "served"]]);
    }
    assert.equal(town.cloud.calls.length, 0);
    await settled(daemon, await daemon.chat(ask(asked)), 2);
    assert.equal(embeddings(town.cloud).length, 1);
  });

  it("forgets what another model's vectors were compared with, when the configuration names that", async () => {
    await using daemon = await start();
    await remember(daemon);
    daemon.configure(config("other"));
    for (let i = 0; i < 200 && embeddings(town.gpu).at(-1)!.json["model"] !== "embed-other"; i++) {
      await daemon.chat(ask(`What is ${i} plus ${i}?`));
      await sleep(20);
    }
    const reply = await daemon.chat(ask(paraphrase));
    assert.equal(state(reply), "miss");
    assert.equal((await settled(daemon, reply, 2)).attempts[0]!.role, "primary"); // there was nothing to compare it with
    assert.equal(state(await daemon.chat(ask(another))), "semantic");
  });

  it("ends the call for a vector when its client leaves", async () => {
    await using daemon = await start();
    await remember(daemon);
    town.gpu.script = badly({ stall: "accept" });
    const authorization = `Bearer ${daemon.token}`;
    const body = JSON.stringify(ask(paraphrase));
    const client = begin(daemon.http, { path: "/v1/chat/completions", headers: { authorization }, body });
    client.on("error", () => {}); // it is cut off
    client.end(body);
    await town.gpu.until("a call for a vector", () => embeddings(town.gpu).length === 2);
    client.destroy();
    await town.gpu.untilClosed(1);
    assert.equal(town.gpu.calls.length, 3);
  });

  it("asks nobody for vectors after the daemon was told to stop, and stops in time", async () => {
    const daemon = await start();
    town.gpu.script = badly({ stall: "accept" });
    await daemon.chat(ask(asked));
    await town.gpu.until("a call for a vector", () => embeddings(town.gpu).length === 1);
    const begun = performance.now();
    await daemon[Symbol.asyncDispose]();
    assert.ok(performance.now() - begun < 5_000);
  });
});
