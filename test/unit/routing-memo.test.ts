import assert from "node:assert/strict";
import { requestOf } from "../../server/gateway/foresee.ts";
import { ReadingMemo } from "../../server/gateway/memo.ts";
import { builtinModels } from "../../server/logic/routing/builtin.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { Learned } from "../../server/logic/routing/learned.ts";
import type { Asked, Read } from "../../server/logic/routing/reading.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import { read } from "../support/reading.ts";

const asked: Asked = {
  text: "Why does it fail?",
  system: "",
  task: null,
  tools: false,
  messages: 1,
  historyChars: 0,
  editor: null,
};
const editor = { language: "rust", selectionChars: 5, files: 1, errors: 0 };

function memo(more: { ttlSeconds?: number | null; maxEntries?: number; maxChars?: number } = {}) {
  const world = { ms: 0, ttl: more.ttlSeconds === undefined ? 300 : more.ttlSeconds, computed: 0 };
  const counting: Read = (a) => {
    world.computed++;
    return read(a);
  };
  const { maxEntries, maxChars } = more;
  const it = new ReadingMemo({
    read: counting,
    now: () => world.ms,
    ttlSeconds: () => world.ttl,
    ...(maxEntries === undefined ? {} : { maxEntries }),
    ...(maxChars === undefined ? {} : { maxChars }),
  });
  const computes = (a: Partial<Asked>): boolean => {
    const before = world.computed;
    assert.deepEqual(it.read({ ...asked, ...a }), read({ ...asked, ...a }));
    return world.computed > before;
  };
  return { it, world, computes };
}

describe("the memo of what was read", () => {
  it("reads a prompt once, until its time is over", () => {
    const { it, world, computes } = memo();
    assert.deepEqual([computes({}), computes({})], [true, false]);
    world.ms = 299_999;
    assert.equal(computes({}), false);
    world.ms = 300_000;
    assert.deepEqual([computes({}), computes({})], [true, false]);
    world.ms = 700_000;
    computes({ text: "Another." });
    assert.equal(it.size, 1, "what is over is not kept");
  });

  it("tells apart whatever is read", () => {
    for (const other of [
      { text: "Why does it fail!" },
      { system: "Write a title for this conversation." },
      { task: "fix" },
      { tools: true },
      { messages: 3 },
      { historyChars: 900 },
      { editor },
    ] as const) {
      const { computes } = memo();
      computes({});
      assert.equal(computes(other), true, JSON.stringify(other));
      assert.equal(computes({ ...other }), false);
    }
    for (const other of [{ language: null }, { selectionChars: 6 }, { files: 2 }, { errors: 1 }]) {
      const { computes } = memo();
      computes({ editor });
      assert.equal(computes({ editor: { ...editor } }), false);
      assert.equal(computes({ editor: { ...editor, ...other } }), true, JSON.stringify(other));
    }
  });

  it("is bounded by prompts and by characters; the oldest go", () => {
    const few = memo({ maxEntries: 2 });
    for (const text of ["a", "b", "c"]) few.computes({ text });
    assert.equal(few.it.size, 2);
    assert.deepEqual([few.computes({ text: "c" }), few.computes({ text: "a" })], [false, true]);
    const short = memo({ maxChars: 10 });
    short.computes({ text: "x".repeat(11) });
    assert.equal(short.it.size, 0, "what is larger than all may be is not kept");
    for (let i = 0; i < 100; i++) short.computes({ text: `${i}`, system: "xx" });
    assert.ok(short.it.size <= 3);
    for (let i = 0; i < 100; i++) short.computes({ text: "same", messages: i });
    short.computes({ text: "more" });
    assert.deepEqual(
      [short.computes({ text: "same", messages: 99 }), short.it.size],
      [false, 2],
      "a change leaks nothing",
    );
  });

  it("remembers only where the setting says so, from the moment on that it does", () => {
    const { it, world, computes } = memo({ ttlSeconds: null });
    assert.deepEqual([computes({}), computes({}), it.size], [true, true, 0]);
    world.ttl = 1;
    assert.deepEqual([computes({}), computes({})], [true, false]);
    world.ttl = null;
    assert.deepEqual([computes({}), it.size], [true, 0], "what was remembered goes");
  });

  it("lets go of texts whose time is over, or that shall be forgotten", () => {
    const { it, world, computes } = memo();
    computes({});
    world.ms = 200_000;
    computes({ text: "Another." });
    world.ms = 300_000;
    it.expire();
    assert.equal(it.size, 1);
    world.ttl = null;
    it.expire();
    assert.equal(it.size, 0);
    world.ttl = 300;
    computes({});
    it.clear();
    assert.deepEqual([it.size, computes({})], [0, true]);
  });

  it("freezes neither chance nor what was learned", () => {
    const { it, world } = memo();
    const learned = (reward: number) =>
      Learned.of(Array.from({ length: 8 }, () => ({ task: "chat", model: "local", expected: 0.6, reward }) as const));
    const at = (l: Learned | null) =>
      snapshotOf({
        models: builtinModels,
        routing: routingSchema.parse({ primary: "local", escalation: "premium" }),
        ahead: { speculation: undefined, hedge: undefined },
        latency: new Map(),
        broken: new Map(),
        learned: l,
      });
    const decisions = (r: Read, s: ReturnType<typeof at>) =>
      Array.from({ length: 200 }, (_, i) => {
        const q = requestOf({ id: i, prompt: "x".repeat(150), task: null }, () => ({
          verdict: "anywhere",
          rule: "default",
        }));
        return decide(featuresOf(q, r, null), s);
      });
    const worlds = [at(null), at(learned(1)), at(learned(0))];
    const remembered = worlds.map((s) => decisions(it.read, s));
    assert.equal(world.computed, 1);
    assert.deepEqual(
      remembered,
      worlds.map((s) => decisions(read, s)),
    );
    const [, good, bad] = remembered.map((all) => new Set(all.map((d) => ("ok" in d ? d.ok.score : -1))));
    assert.ok(good!.size > 5 && bad!.size > 5, "each request draws anew");
    const share = (i: number) => remembered[i]!.filter((d) => "ok" in d && d.ok.model === "local").length;
    assert.ok(share(1) > share(2), "what was learned since counts");
  });
});
