import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fact } from "../../server/domain/fact.ts";
import { foldFact, startTrace } from "../../server/domain/trace.ts";
import { seedOf } from "../../server/logic/routing/learned.ts";
import { type Snapshot, snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import type { Signal, Task, Trace } from "../../server/protocol/trace.ts";
import { Learning } from "../../server/wiring/learning.ts";
import { HeldClock } from "../support/facts.ts";
import { answered, fed } from "../support/feedback.ts";
import { modelOf } from "../support/models.ts";

const snapshotWith = (...ids: string[]): Snapshot =>
  snapshotOf({
    models: ids.map((id) => modelOf(id, id === "large" ? "premium" : "local")),
    routing: routingSchema.parse({ primary: "small", escalation: ids.includes("large") ? "large" : "small" }),
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(),
    broken: new Map(),
  });

describe("learning", () => {
  let dir: string;
  let clock: HeldClock;
  let enabled: boolean;
  let snapshot: Snapshot;
  let changes: number;
  let stored: Trace[];
  let asked: [from: number, limit: number][];
  let facts: Fact[];
  let tell: (trace: Trace) => void;
  let learning: Learning;
  let ids: number;
  let logged: string[];

  const judged = (
    signals: readonly Signal[],
    more: { task?: Task; model?: string; fact?: Partial<Extract<Fact, { type: "ended" }>> } = {},
  ): Trace => {
    const id = `t${ids++}`;
    const [started, ...rest] = answered(id, clock.wall(), more);
    const trace = startTrace(started as Extract<Fact, { type: "started" }>);
    for (const fact of rest) foldFact(trace, { ...fact, ...(fact.type === "ended" ? more.fact : {}) } as never);
    for (const signal of signals) foldFact(trace, fed(id, signal, clock.wall()));
    return trace;
  };
  const start = (): Learning => {
    learning = new Learning({
      dataDir: dir,
      clock,
      log: (level) => void logged.push(level),
      enabled: () => enabled,
      snapshot: () => snapshot,
      changed: () => void changes++,
      ledger: {
        append: (fact) => void facts.push(fact),
        flush: () => {},
        trace: (id) => stored.find((t) => t.id === id) ?? null,
        rewarded: (from, limit) => {
          asked.push([from, limit]);
          return stored.filter((t) => t.feedback && Date.parse(t.startedAt) >= from).slice(-limit);
        },
        onFeedback: (listener) => {
          tell = listener;
          return { [Symbol.dispose]: () => {} };
        },
      },
    });
    return learning;
  };
  const rows = (): string[] =>
    learning.report().rows.map((r) => `${r.task} ${r.model} ${r.answers} ${r.reward.toFixed(2)}`);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-learning-"));
    clock = new HeldClock();
    enabled = true;
    snapshot = snapshotWith("small", "large");
    [changes, ids] = [0, 0];
    [stored, asked, facts, logged] = [[], [], [], []];
  });
  afterEach(() => {
    learning.close();
    assert.equal(clock.pending, 0, "a timer is left");
    rmSync(dir, { recursive: true });
  });

  it("reads what lies in the ledger a moment after the start, once and bounded, and says that it has", () => {
    stored = [judged(["kept"]), judged(["undone"]), judged([])];
    start();
    assert.equal(learning.learned, null);
    clock.pass(99);
    assert.deepEqual([asked, changes], [[], 0]);
    clock.pass(1);
    assert.deepEqual([asked, changes], [[[0, 5_000]], 1]);
    assert.deepEqual(rows(), ["fix small 2 0.50"]);
    learning.report();
    assert.equal(asked.length, 1);
  });

  it("takes what comes, and makes plans anew once for what comes together", () => {
    start();
    clock.pass(100);
    for (let i = 0; i < 10; i++) tell(judged(["undone"]));
    assert.equal(changes, 1);
    clock.pass(200);
    assert.equal(changes, 2);
    assert.ok(learning.learned!.shift("fix", "small", seedOf("x")) < 0);
  });

  it("counts an answer once, as the worst that was made of it", () => {
    start();
    clock.pass(100);
    const trace = judged(["kept"]);
    tell(trace);
    foldFact(trace, fed(trace.id, "edited", clock.wall()));
    tell(trace);
    assert.deepEqual(rows(), ["fix small 1 0.70"]);
    clock.pass(1_000);
  });

  it("keeps the newest five thousand", () => {
    start();
    clock.pass(100);
    for (let i = 0; i < 10; i++) tell(judged(["kept"], { task: "explain" }));
    for (let i = 0; i < 4_995; i++) tell(judged(["kept"]));
    assert.deepEqual(rows(), ["fix small 4995 1.00", "explain small 5 1.00"]);
    assert.match(learning.metrics(), /^switchyard_learned_answers 5000$/m);
    clock.pass(1_000);
  });

  it("leaves out models that are not configured, and has them again when they are", () => {
    stored = [judged(["kept"]), judged(["kept"], { model: "large" })];
    start();
    assert.equal(rows().length, 2);
    snapshot = snapshotWith("small");
    assert.deepEqual(rows(), ["fix small 1 1.00"]);
    snapshot = snapshotWith("small", "large");
    assert.equal(rows().length, 2);
    const expected = learning.report().rows.map((r) => [r.model, Number(r.expected.toFixed(3))]);
    assert.deepEqual(
      new Map(expected as [string, number][]),
      new Map([
        ["small", 0.6],
        ["large", 0.8],
      ]),
    );
    clock.pass(1_000);
  });

  it("learns nothing of what failed, came from memory, or was not decided by features", () => {
    const recalled = judged(["kept"]);
    recalled.attempts.length = 0;
    recalled.recalled = { trace: "other", ageMs: 1, similarity: null, savedMs: 1, savedNanos: null };
    const unknown = judged(["kept"]);
    unknown.features = null;
    stored = [judged(["retried"], { fact: { status: "error" } }), recalled, unknown];
    start();
    assert.deepEqual(rows(), []);
    clock.pass(1_000);
  });

  it("joins feedback to a trace that is there, and says when there is none", () => {
    const trace = judged([]);
    stored = [trace];
    start();
    assert.equal(learning.feedback("nobody", "kept"), false);
    assert.equal(learning.feedback(trace.id, "kept"), true);
    assert.deepEqual(facts, [fed(trace.id, "kept", clock.wall())]);
    clock.pass(1_000);
  });

  it("forgets at a reset what was answered before it, for good, and learns anew", () => {
    stored = [judged(["undone"]), judged([])];
    start();
    clock.pass(1_000);
    const before = changes;
    learning.reset();
    assert.deepEqual(
      [rows(), changes, learning.report().since],
      [[], before + 1, new Date(clock.wall()).toISOString()],
    );
    assert.equal(learning.learned?.empty, true);
    if (process.platform !== "win32") assert.equal(statSync(join(dir, "learned.json")).mode & 0o777, 0o600);
    assert.equal(existsSync(join(dir, "learned.json.new")), false);
    const late = stored[1]!; // judged after the reset, but answered before it
    foldFact(late, fed(late.id, "undone", clock.wall()));
    tell(late);
    assert.deepEqual(rows(), []);
    clock.pass(1_000);
    const next = judged(["kept"]);
    stored.push(next);
    tell(next);
    assert.deepEqual(rows(), ["fix small 1 1.00"]);
    learning.close();
    start();
    assert.deepEqual(rows(), ["fix small 1 1.00"]);
    assert.equal(JSON.parse(readFileSync(join(dir, "learned.json"), "utf8")).since, learning.report().since);
    clock.pass(1_000);
  });

  it("counts everything where the mark can't be read, and says so", () => {
    start();
    assert.deepEqual(logged, []); // there is none
    learning.close();
    for (const text of ["", "{", '{"since":"yesterday"}', "[]"]) {
      logged = [];
      writeFileSync(join(dir, "learned.json"), text);
      stored = [judged(["kept"])];
      start();
      assert.deepEqual([rows(), learning.report().since], [["fix small 1 1.00"], null]);
      assert.deepEqual(logged, ["warn"]);
      learning.close();
    }
  });

  it("tells decisions nothing while it is off, and still shows what it has", () => {
    stored = [judged(["undone"])];
    enabled = false;
    start();
    clock.pass(100);
    assert.equal(learning.learned, null);
    assert.deepEqual([learning.report().enabled, rows()], [false, ["fix small 1 0.00"]]);
    enabled = true;
    assert.notEqual(learning.learned, null);
  });
});
