import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { begin, type Reply, spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const state = (reply: { headers: Record<string, unknown> }) => reply.headers["x-switchyard-cache"];
const questions = 50;
const clients = 1_000;

/** The same in every run. */
function* dice(): Generator<number, never> {
  for (let n = 1; ; n = (n * 48_271) % 2_147_483_647) yield n / 2_147_483_647;
}

describe("a thousand clients with fifty questions", () => {
  const town = useUpstreams();

  it("share fifty calls: who stays gets the whole answer once, and with the last the call ends", async () => {
    const { promise: go, resolve: answerNow } = Promise.withResolvers<void>();
    town.gpu.script = () => ({ after: go, gapMs: 5 });
    await using daemon = await startDaemon({
      config: townConfig(town, { cache: { exact: {} }, server: { maxConcurrent: 100 } }),
      env: townEnv,
    });
    const body = (n: number) => ({
      model: "small",
      temperature: 0,
      stream: true,
      messages: [{ role: "user", content: `Question ${n}?` }],
    });
    const random = dice();
    // Everybody leaves the last five questions.
    const abandoned = (n: number) => n >= questions - 5;
    const leaving: (() => void)[] = [];
    const staying: Promise<Reply>[] = [];
    for (let i = 0; i < clients; i++) {
      const n = i % questions;
      if (abandoned(n) || random.next().value < 0.5) leaving.push(leaver(daemon, body(n)));
      else staying.push(daemon.chat(body(n)));
      if (i % 100 === 99) await sleep(20);
    }
    const calls = () => town.gpu.calls.length;
    const requests = async () => (await daemon.stats()).total.requests;
    await until("all have come", async () => (await requests()) === clients);
    for (const leave of leaving.splice(0, leaving.length / 2)) leave();
    await sleep(20);
    for (const leave of leaving) leave();
    await until("five calls are given up", () => town.gpu.calls.filter((c) => c.closedMs !== null).length === 5);
    answerNow();
    for (const reply of await Promise.all(staying)) {
      assert.match(String(state(reply)), /^(miss|joined)$/);
      assert.equal(spelled(reply.text), "Hello there, world.");
      assert.equal(reply.text.split("data: [DONE]").length, 2);
    }
    assert.equal(calls(), questions);
    assert.equal(town.gpu.calls.filter((c) => c.closedMs !== null).length, 5, "given up with their last clients");
    assert.equal(town.gpu.calls.filter((c) => c.answeredMs !== null).length, questions - 5);
    const { total } = await daemon.stats("?by=cache");
    assert.deepEqual([total.requests, total.running], [clients, 0]);
    assert.deepEqual([total.ok, total.cancelled], [staying.length, clients - staying.length]);
  }).timeout(60_000);
});

async function until(what: string, f: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await f()); i++) {
    assert.ok(i < 500, `waited in vain until ${what}`);
    await sleep(20);
  }
}

/** A client that leaves when told, before its answer begins. */
function leaver(daemon: Daemon, body: object): () => void {
  const req = begin(daemon.http, {
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${daemon.token}` },
    body: JSON.stringify(body),
  });
  req.on("error", () => {}); // that is how leaving looks from here
  req.end(JSON.stringify(body));
  return () => req.destroy();
}
