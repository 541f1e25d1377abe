import assert from "node:assert/strict";
import type { RouteFault, RouteLine } from "../../server/protocol/route.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { hard } from "../support/questions.ts";

type Decided = RouteLine & Partial<RouteFault>;

async function route(daemon: Daemon, body: unknown, more: { path?: string; type?: string } = {}) {
  const reply = await daemon.ask({
    path: more.path ?? "/admin/route",
    method: "POST",
    headers: { "content-type": more.type ?? "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { ...reply, decisions: reply.json?.decisions as Decided[] };
}

describe("POST /admin/route", () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await startDaemon({
      config: {
        providers: {
          gpu: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" },
          cloud: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1", locality: "cloud" },
        },
        models: {
          small: { provider: "gpu", name: "s", tier: "local" },
          large: { provider: "cloud", name: "l", tier: "premium" },
        },
        routing: { primary: "small", escalation: "large" },
        cache: { decisions: { ttlSeconds: 300 } },
      },
    });
  });
  after(() => daemon[Symbol.asyncDispose]());

  it("says what would be decided, in order, and leaves no trace", async () => {
    const items = Array.from({ length: 3000 }, (_, id) => ({ id, prompt: id % 3 ? "Say hello." : hard }));
    const { status, decisions } = await route(daemon, { items });
    assert.equal(status, 200);
    assert.deepEqual(
      decisions.map((d) => [d.id, d.model, d.tier, d.stage]),
      items.map(({ id }) => (id % 3 ? [id, "small", "local", "classifier"] : [id, "large", "premium", "classifier"])),
    );
    assert.deepEqual(await daemon.traces(), []);
  });

  it("takes a bare array and JSON lines, with an error in the place of what can't be decided", async () => {
    const bare = await route(daemon, [
      { id: "a", messages: [{ role: "user", content: hard }] },
      "b",
      { id: "c" },
      null,
    ]);
    assert.deepEqual(
      bare.decisions.map((d) => [d.id, d.model ?? d.error?.code]),
      [
        ["a", "large"],
        [null, "bad_request"],
        ["c", "bad_request"],
        [null, "bad_request"],
      ],
    );
    const lines = '{"id":1,"prompt":"Say hello."}\r\n\n{no\n{"id":2,"prompt":"x","model":"large"}';
    const jsonl = await route(daemon, lines, { type: "application/x-ndjson" });
    assert.deepEqual(
      jsonl.decisions.map((d) => [d.id, d.model ?? d.error?.code]),
      [
        [1, "small"],
        [null, "bad_request"],
        [2, "large"],
      ],
    );
  });

  it("adds the table where it is asked for", async () => {
    const { decisions } = await route(daemon, [{ id: 1, prompt: hard }], { path: "/admin/route?explain=1" });
    assert.deepEqual(
      decisions[0]!.explanation!.models.map((m) => [m.model, m.chosen, m.whyNot]),
      [
        ["small", false, null],
        ["large", true, null],
      ],
    );
  });

  it("refuses too many, what it can't read, and who has no token", async () => {
    const many = Array.from({ length: 10_001 }, (_, id) => ({ id, prompt: "" }));
    assert.equal((await route(daemon, many)).status, 413);
    assert.equal((await route(daemon, many.slice(0, 1001), { path: "/admin/route?explain=1" })).status, 413);
    const large = await route(daemon, " ".repeat(8_388_609));
    assert.equal(large.status, 413);
    assert.match(large.text, /Send the items in several calls\./);
    for (const body of ["{no", "3", "{}", '"text"']) assert.equal((await route(daemon, body)).status, 400, body);
    const reply = await daemon.ask({
      path: "/admin/route",
      method: "POST",
      headers: { authorization: "" },
      body: "[]",
    });
    assert.equal(reply.status, 401);
  });

  it("serves others meanwhile", async () => {
    const items = Array.from({ length: 10_000 }, (_, id) => ({ id, prompt: `${id} ${"word ".repeat(140)}` }));
    let done = false;
    const all = route(daemon, { items }).then((r) => {
      done = true;
      return r.decisions.length;
    });
    let meanwhile = 0;
    while (!done) if ((await daemon.ask({ path: "/health" })).status === 200 && !done) meanwhile++;
    assert.equal(await all, 10_000);
    assert.ok(meanwhile >= 1, "nobody had a turn");
  });

  it("remembers what was read of prompts while cache.decisions says so, and until it shall forget", async () => {
    const remembered = async () =>
      Number(/^switchyard_cache_prompts (\d+)$/m.exec((await daemon.ask({ path: "/metrics" })).text)![1]);
    await daemon.ask({ path: "/admin/forget", body: '{"all":true}' });
    assert.equal(await remembered(), 0);
    const [first, again] = (
      await route(
        daemon,
        ["x", "x"].map((prompt, id) => ({ id, prompt })),
      )
    ).decisions;
    await daemon.chat({ messages: [{ role: "user", content: "Of a request, too." }] });
    assert.deepEqual([first!.score, await remembered()], [again!.score, 2]);
    await daemon.ask({ path: "/admin/forget", body: '{"all":true}' });
    assert.equal(await remembered(), 0);
  });

  it("obeys a new configuration, with the memo on or off", async () => {
    const decided = async () => (await route(daemon, [{ id: 1, prompt: "Say hello." }])).decisions[0]!.model;
    assert.equal(await decided(), "small");
    daemon.configure({
      providers: { gpu: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" } },
      models: { other: { provider: "gpu", name: "o" } },
    });
    assert.match((await daemon.ask({ path: "/metrics" })).text, /^switchyard_cache_prompts 1$/m);
    for (let i = 0; (await decided()) !== "other"; i++) {
      assert.ok(i < 500, "the new configuration never came into force");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.match(
      (await daemon.ask({ path: "/metrics" })).text,
      /^switchyard_cache_prompts 0$/m,
      "there is no cache now",
    );
  });
});
