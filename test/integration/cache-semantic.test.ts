import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { spelled } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const state = (reply: { headers: Record<string, unknown> }) => reply.headers["x-switchyard-cache"];
const ask = (content: string) => ({ model: "small", temperature: 0, messages: [{ role: "user", content }] });

const asked = "How do I sort a list in Python?";
const paraphrase = "What is the best way to sort a list in Python?";

describe("the semantic cache", () => {
  const town = useUpstreams();
  const start = (semantic: object = {}, more: Partial<ConfigInput> = {}): Promise<Daemon> =>
    startDaemon({
      config: townConfig(town, { cache: { semantic: { enabled: true, ...semantic } }, ...more }),
      env: townEnv,
    });
  const warm = async (daemon: Daemon) => {
    await daemon.chat(ask(asked));
    assert.equal(state(await daemon.chat(ask(paraphrase))), "semantic");
  };

  for (const stream of [false, true])
    it(`answers a question in other words with what was answered before, ${stream ? "as a stream" : "whole"}`, async () => {
      await using daemon = await start();
      const first = await daemon.chat({ ...ask(asked), stream });
      const second = await daemon.chat({ ...ask(paraphrase), stream });
      assert.deepEqual([state(first), state(second)], ["miss", "semantic"]);
      assert.equal(second.text, first.text);
      assert.equal(town.gpu.calls.length, 1);
      assert.match(String(second.headers["x-switchyard-reason"]), /a question \d+ % alike was answered/);
      const trace = await daemon.ended(String(second.headers["x-switchyard-trace"]));
      assert.equal(trace.cache, "semantic");
      assert.equal(trace.recalled?.trace, first.headers["x-switchyard-trace"]);
      assert.ok(trace.recalled!.similarity! >= 0.9 && trace.recalled!.similarity! < 1);
      assert.deepEqual([trace.attempts, trace.cost.nanos], [[], 0]);
      assert.ok(trace.spans.some((s) => s.name === "recall"));
    });

  it("asks a model where the questions differ in anything that matters", async () => {
    await using daemon = await start();
    await warm(daemon);
    for (const other of [
      "How do I sort a list in JavaScript?",
      "How do I sort a tuple in Python?",
      "How do I not sort a list in Python?",
      "How do I reverse a list in Python?",
      "How do I sort a list in Python 2?",
      "Why do I sort a list in Python?",
      "How do I sort a list in Python in descending order?",
    ])
      assert.equal(state(await daemon.chat(ask(other))), "miss", other);
  });

  it("compares nothing across workspaces, conversations or models", async () => {
    await using daemon = await start();
    await warm(daemon);
    assert.equal(state(await daemon.chat(ask(paraphrase), { "x-switchyard-workspace": "other" })), "miss");
    assert.equal(state(await daemon.chat({ ...ask(paraphrase), model: "large" })), "miss");
    const messages = [{ role: "system", content: "Be brief." }, ...ask(paraphrase).messages];
    assert.equal(state(await daemon.chat({ ...ask(paraphrase), messages })), "miss");
    assert.equal(state(await daemon.chat({ ...ask(paraphrase), max_tokens: 7 })), "miss");
  });

  it("leaves agents, tools and what chance has a part in alone", async () => {
    await using daemon = await start();
    await warm(daemon);
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    await daemon.chat({ ...ask(asked), tools });
    assert.equal(state(await daemon.chat({ ...ask(paraphrase), tools })), "miss");
    assert.equal(state(await daemon.chat({ ...ask(paraphrase), temperature: 0.5 })), "off");
  });

  it("obeys the threshold and Cache-Control, and is off unless asked for", async () => {
    {
      await using daemon = await start({ threshold: 1 });
      await daemon.chat(ask(asked));
      assert.equal(state(await daemon.chat(ask(paraphrase))), "miss");
    }
    await using daemon = await start();
    await warm(daemon);
    assert.equal(
      state(await daemon.chat(ask("How can I sort a list in Python?"), { "cache-control": "no-cache" })),
      "miss",
    );
    daemon.configure(townConfig(town, { cache: {} }));
    for (let i = 0; i < 200 && state(await daemon.chat(ask(`${paraphrase} `))) !== "miss"; i++);
    assert.equal(state(await daemon.chat(ask("What is the best way of sorting a list in Python?"))), "miss");
  });

  it("gives a stream whole and once to those who join one that comes from memory", async () => {
    await using daemon = await start();
    await warm(daemon);
    const both = await Promise.all(
      [1, 2].map(() => daemon.chat({ ...ask("How can one sort a list in Python?"), stream: true })),
    );
    for (const reply of both) assert.equal(spelled(reply.text), "Hello there, world.");
  });
});
