import assert from "node:assert/strict";
import { hard } from "../support/questions.ts";
import { useTown } from "../support/town.ts";

describe("the policy over HTTP", () => {
  const town = useTown(undefined, {
    routing: { primary: "small", escalation: "large", strategy: "adaptive" },
  });
  const decided = async (headers: Readonly<Record<string, string>>) => {
    const messages = [{ role: "user", content: hard }];
    const reply = await town.daemon.chat({ model: "switchyard/auto", messages }, headers);
    assert.equal(reply.status, 200, reply.text);
    const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    return { model: reply.headers["x-switchyard-model"], reason: reply.headers["x-switchyard-reason"], trace };
  };

  it("weighs quality against price as the request wishes, and says which term decided", async () => {
    const cheap = await decided({ "x-switchyard-quality": "0" });
    assert.equal(cheap.model, "small");
    assert.match(String(cheap.reason), /about \$0\.00000 instead of \$0\.\d+ of large/);
    const best = await decided({ "x-switchyard-quality": "1" });
    assert.equal(best.model, "large");
    assert.match(String(best.reason), /^expected quality \d\.\d\d against \d\.\d\d of small/);
    assert.equal(best.trace.decision?.stage, "policy");
  });

  it("knows points of quality by name, and refuses others", async () => {
    for (const preset of ["cost", "balanced", "quality"])
      assert.equal((await decided({ "x-switchyard-quality": preset })).trace.status, "ok");
    const reply = await town.daemon.chat({ model: "switchyard/auto" }, { "x-switchyard-quality": "high" });
    assert.equal(reply.status, 400);
    assert.match(reply.text, /not a number from 0 to 1, nor one of cost, balanced, quality/);
  });

  it("keeps on the trace what the decision was made of, and no text", async () => {
    const { trace } = await decided({ "x-switchyard-quality": "0.3", "x-switchyard-task": "refactor" });
    const { features } = trace;
    assert.ok(features);
    assert.equal(trace.decision?.task, "refactor");
    assert.deepEqual([features.named, features.quality, features.last], ["switchyard/auto", 0.3, null]);
    for (const p of [features.weak, features.strong, features.score]) assert.ok(p > 0 && p < 1, String(p));
    assert.ok(features.strong > features.weak);
  });
});

describe("a conversation over HTTP", () => {
  const twin = {
    provider: "cloud",
    name: "other-model",
    tier: "premium" as const,
    prices: { input: 2.9, cachedInput: 0.29, output: 14 },
  };
  const town = useTown(undefined, {
    routing: { primary: "large", strategy: "adaptive", quality: 0.8 },
    models: { other: twin, small: { provider: "gpu", name: "small-model", tier: "local", contextWindow: 4_096 } },
  });
  const long = "The quick brown fox jumps over the lazy dog, and nobody knows why. ".repeat(1_000);
  const history = [
    { role: "user", content: `Read this. ${long}` },
    { role: "assistant", content: "I have read it." },
  ];
  const ask = async (model: string, question: string, first = history) => {
    const reply = await town.daemon.chat({
      model,
      messages: [...first, { role: "user", content: question }],
      tools: [],
    });
    assert.equal(reply.status, 200, reply.text);
    await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
    return { model: reply.headers["x-switchyard-model"], reason: String(reply.headers["x-switchyard-reason"]) };
  };

  it("stays where its history is at hand, when going elsewhere costs more than it saves", async () => {
    assert.notEqual((await ask("switchyard/auto", "What jumps?")).model, "large");
    assert.equal((await ask("large", "What jumps?")).model, "large");
    const stays = await ask("switchyard/auto", "And over what?");
    assert.equal(stays.model, "large");
    assert.match(stays.reason, /would read the conversation anew for \$0\.\d+/);
  });

  it("is told from another one by how it begins", async () => {
    const other = [{ role: "user", content: `Look at this. ${long}` }, history[1]!];
    assert.notEqual((await ask("switchyard/auto", "And over what?", other)).model, "large");
  });
});
