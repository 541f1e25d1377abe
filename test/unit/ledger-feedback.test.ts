import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fact } from "../../server/domain/fact.ts";
import { type Ledger, openLedger } from "../../server/io/ledger/ledger.ts";
import { Past } from "../../server/io/ledger/past.ts";
import { newId } from "../../server/kit/ids.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { HeldClock } from "../support/facts.ts";
import { answered, features, fed } from "../support/feedback.ts";

describe("the ledger: what people did with answers", () => {
  let dir: string;
  let clock: HeldClock;
  let open: Ledger[];
  let logged: string[];

  const ledger = (): Ledger => {
    const made = openLedger({
      dataDir: dir,
      options: () => ({ keepDays: 90, maxTraces: 1_000_000, storeText: false }),
      clock,
      log: (level, message) => void logged.push(`${level} ${message}`),
    });
    open.push(made);
    return made;
  };
  const append = (l: Ledger, facts: readonly Fact[]): void => {
    for (const fact of facts) l.append(fact);
  };
  /** Answers that were written and have left memory. */
  const requests = (l: Ledger, n: number): string[] => {
    const ids = Array.from({ length: n }, () => {
      clock.pass(1_000);
      const id = newId(clock.wall());
      append(l, answered(id, clock.wall()));
      return id;
    });
    clock.pass(60_000);
    return ids;
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-feedback-"));
    clock = new HeldClock();
    open = [];
    logged = [];
  });
  afterEach(() => {
    for (const l of open) l.close();
    rmSync(dir, { recursive: true });
  });

  it("is joined to an answer that left memory minutes ago, and told with its trace", async () => {
    const l = ledger();
    const [id = ""] = requests(l, 1);
    const told: Trace[] = [];
    using _ = l.onFeedback((trace) => told.push(structuredClone(trace)));
    const at = clock.wall();
    l.append(fed(id, "edited", at));
    assert.equal(told.length, 0);
    clock.pass(100);
    await new Promise((next) => setImmediate(next));
    assert.deepEqual(
      told.map((t) => [t.id, t.feedback?.reward, t.decision?.task, t.features]),
      [[id, 0.7, "fix", features]],
    );
    assert.deepEqual(l.trace(id)?.feedback, {
      reward: 0.7,
      signals: [{ signal: "edited", at: new Date(at).toISOString() }],
    });
    assert.equal(l.trace(id)?.status, "ok");
  });

  it("survives the ledger, and grows after it", () => {
    let l = ledger();
    const [id = ""] = requests(l, 1);
    l.append(fed(id, "kept", clock.wall()));
    l.close();
    l = ledger();
    assert.equal(l.trace(id)?.feedback?.reward, 1);
    l.append(fed(id, "undone", clock.wall() + 5));
    l.close();
    const trace = ledger().trace(id);
    assert.equal(trace?.feedback?.reward, 0);
    assert.deepEqual(
      trace.feedback.signals.map((s) => s.signal),
      ["kept", "undone"],
    );
  });

  it("is read back from a time on: the newest, the oldest of them first, and nothing that nobody judged", () => {
    const l = ledger();
    const ids = requests(l, 6);
    for (const i of [4, 0, 2, 3]) l.append(fed(ids[i]!, "kept", clock.wall()));
    const read = (from: number, limit: number): number[] => l.rewarded(from, limit).map((t) => ids.indexOf(t.id));
    assert.deepEqual(read(0, 100), [0, 2, 3, 4]);
    assert.deepEqual(read(0, 2), [3, 4]);
    assert.deepEqual(read(Date.parse(l.trace(ids[2]!)!.startedAt), 100), [2, 3, 4]);
    assert.deepEqual(read(clock.wall() + 1, 100), []);
    using past = Past.open(join(dir, "ledger.sqlite"))!;
    assert.deepEqual(
      past.rewarded(0, 3),
      l.rewarded(0, 3),
      "and from the file as it lies there, beside whoever writes",
    );
  });

  it("changes no money and no count", async () => {
    const l = ledger();
    const [id = ""] = requests(l, 2);
    const before = (await l.stats({})).total;
    const meter = l.meter();
    l.append(fed(id, "undone", clock.wall()));
    assert.deepEqual((await l.stats({})).total, before);
    assert.deepEqual(l.meter(), meter);
  });

  it("on an unknown request is dropped, and said", () => {
    const l = ledger();
    const told: string[] = [];
    using _ = l.onFeedback((trace) => told.push(trace.id));
    l.append(fed(newId(clock.wall()), "kept", clock.wall()));
    l.flush();
    assert.deepEqual([told, l.rewarded(0, 10)], [[], []]);
    assert.ok(logged.some((m) => m.includes("unknown request")));
  });
});
