import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { type Fault, fault } from "../../server/domain/fault.ts";
import type { Watch } from "../../server/domain/health.ts";
import { Breakers } from "../../server/io/health/breakers.ts";
import { lookAt } from "../../server/io/health/probe.ts";
import { Net, originOf } from "../../server/io/net/net.ts";
import { HeldClock } from "../support/facts.ts";

const a1 = { id: "a1", provider: "A", name: "one" };
const a2 = { id: "a2", provider: "A", name: "two" };
const b1 = { id: "b1", provider: "B", name: "one" };
type Deployment = typeof a1;

const broke = fault("upstream_error", "The provider answered 500: oh", { retry: "again" });
const silent = fault("upstream_timeout", "a1 sent no token within 8000 ms.", { retry: "again" });
const unreachable = fault("upstream_error", "A is not there.", { retry: "elsewhere", about: "provider" });
const answered = (status: number, more: Partial<Fault> = {}) =>
  fault("upstream_error", `The provider answered ${status}`, { retry: "elsewhere", status, ...more });

/** More than any chain of promises here is long. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 10; i++) await null;
}

/** Breakers in time that stands still, and a server that lives or doesn't when it is looked at. */
class Bench implements Disposable {
  readonly clock = new HeldClock();
  readonly looks: { provider: string; atMs: number; signal: AbortSignal }[] = [];
  lives: (provider: string) => boolean | Promise<boolean> = () => true;
  readonly breakers: Breakers;
  changes = 0;

  constructor(models: readonly Deployment[] = [a1, a2, b1]) {
    this.breakers = new Breakers({
      clock: this.clock,
      look: async (provider, signal) => {
        this.looks.push({ provider, atMs: this.clock.now(), signal });
        return this.lives(provider);
      },
    });
    this.breakers.keep(models);
    this.breakers.onChange(() => this.changes++);
  }
  get broken(): string[] {
    return [...this.breakers.broken().keys()];
  }
  fail(model: Deployment, f: Fault, times = 1, tookMs = 10): void {
    for (let i = 0; i < times; i++) this.breakers.began(model).settled({ outcome: "failed", fault: f, tookMs });
  }
  serve(model: Deployment): void {
    this.breakers.began(model).settled({ outcome: "served", fault: null, tookMs: 10 });
  }
  /** Opens a model's circuit. */
  trip(model: Deployment): void {
    this.fail(model, broke, 10);
  }
  /** In short steps: what a look answers at once is heard before its time runs out. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.clock.pass(Math.min(500, left));
      await microtasks();
    }
  }
  [Symbol.dispose](): void {
    this.breakers[Symbol.dispose]();
  }
}

describe("a model's circuit", () => {
  it("opens after ten failures in a row, and says so", () => {
    using t = new Bench();
    t.fail(a1, broke, 9);
    assert.deepEqual(t.broken, []);
    t.fail(a1, broke);
    assert.deepEqual([...t.breakers.broken()], [["a1", "has failed 10 times in a row"]]);
  });

  it("opens sooner when the failures were slow", () => {
    using t = new Bench();
    t.fail(a1, silent, 1, 30_000);
    assert.deepEqual(t.broken, [], "one alone may be chance");
    t.fail(a1, broke);
    assert.deepEqual(t.broken, ["a1"]);
    t.fail(a2, silent, 2, 4_000);
    assert.deepEqual(t.broken, ["a1"]);
    t.fail(a2, silent, 1, 2_000);
    assert.deepEqual(t.broken, ["a1", "a2"]);
  });

  it("counts failures in a row only", () => {
    using t = new Bench();
    t.fail(a1, broke, 9);
    t.serve(a1);
    t.fail(a1, broke, 9);
    t.serve(a1);
    t.fail(a1, silent, 1, 30_000);
    t.serve(a1);
    t.fail(a1, broke, 2);
    assert.deepEqual(t.broken, []);
  });

  it("doesn't open by what isn't the model's doing", () => {
    using t = new Bench();
    const cases: Fault[] = [
      ...[400, 413, 422].map((status) => answered(status, { retry: "never" })),
      ...[409, 415, 451].map((status) => answered(status)),
      answered(429, { afterMs: 1000 }),
      answered(401, { needs: "key" }),
      answered(403, { needs: "key" }),
      fault("upstream_error", "A needs a key.", { retry: "elsewhere", needs: "key" }),
      fault("overloaded", "The engine is busy.", { retry: "again" }),
      fault("cannot", "The engine isn't installed.", { retry: "elsewhere" }),
      fault("upstream_error", "privacy.offline is on.", { retry: "elsewhere", unsent: true }),
      fault("upstream_timeout", "It waited too long for its turn.", { retry: "again", unsent: true }),
    ];
    for (const f of cases) {
      t.fail(a1, f, 20, 5_000);
      assert.deepEqual(t.broken, [], f.message);
    }
    for (const outcome of ["cancelled", "discarded"] as const)
      for (let i = 0; i < 20; i++) t.breakers.began(a1).settled({ outcome, fault: null, tookMs: 20_000 });
    assert.deepEqual(t.broken, []);
  });

  it("opens by what is", () => {
    for (const f of [broke, silent, answered(404), answered(408), answered(402), fault("internal", "?", broke)]) {
      using t = new Bench();
      t.fail(a1, f, 10);
      assert.deepEqual(t.broken, ["a1"], f.message);
    }
  });

  it("is half-open when its time is over and its provider lives, for one request at a time", async () => {
    using t = new Bench();
    t.trip(a1);
    await t.pass(1_999);
    assert.deepEqual(t.broken, ["a1"]);
    await t.pass(1);
    assert.deepEqual(t.broken, []);
    const trial = t.breakers.began(a1);
    assert.deepEqual([...t.breakers.broken()], [["a1", "has failed 10 times in a row and is being tried again"]]);
    trial.settled({ outcome: "served", fault: null, tookMs: 10 });
    assert.deepEqual(t.broken, []);
    t.breakers.began(a1);
    assert.deepEqual(t.broken, [], "closed: there is no trial any more");
  });

  it("stays open twice as long after each trial that failed, and a minute at most", async () => {
    using t = new Bench();
    t.trip(a1);
    for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
      await t.pass(seconds * 1000 - 1);
      assert.deepEqual(t.broken, ["a1"], `${seconds} s`);
      await t.pass(1);
      assert.deepEqual(t.broken, [], `${seconds} s`);
      t.fail(a1, broke);
    }
    assert.equal(t.breakers.broken().get("a1"), "has failed 17 times in a row");
    await t.pass(60_000);
    t.serve(a1);
    t.trip(a1);
    await t.pass(2_000);
    assert.deepEqual(t.broken, [], "a success starts it over");
  });

  it("stays open as long as its server asked, and a minute at most", async () => {
    using t = new Bench();
    t.fail(a1, { ...broke, afterMs: 7_000 }, 10);
    t.fail(a2, { ...broke, afterMs: 3_600_000 }, 10);
    t.fail(b1, { ...broke, afterMs: 100 }, 10);
    await t.pass(6_999);
    assert.deepEqual(t.broken, ["a1", "a2"]);
    await t.pass(1);
    assert.deepEqual(t.broken, ["a2"]);
    await t.pass(53_000);
    assert.deepEqual(t.broken, []);
  });

  it("gives the trial to the next when it was cancelled, discarded or refused for being full", async () => {
    using t = new Bench();
    t.trip(a1);
    await t.pass(2_000);
    for (const [outcome, f] of [
      ["cancelled", fault("cancelled", "Cancelled.")],
      ["discarded", null],
      ["failed", answered(429)],
    ] as const) {
      const trial = t.breakers.began(a1);
      assert.deepEqual(t.broken, ["a1"]);
      trial.settled({ outcome, fault: f, tookMs: 10 });
      assert.deepEqual(t.broken, [], outcome);
    }
    t.fail(a1, broke);
    assert.deepEqual(t.broken, ["a1"], "it was half-open all the time");
  });

  it("keeps its trial when another request is sent all the same", async () => {
    using t = new Bench();
    t.trip(a1);
    await t.pass(2_000);
    t.breakers.began(a1);
    t.breakers.began(a1).settled({ outcome: "cancelled", fault: null, tookMs: 10 });
    assert.deepEqual(t.broken, ["a1"]);
    t.fail(a1, broke);
    await t.pass(2_000);
    assert.deepEqual(t.broken, ["a1"], "but its failure counts");
    await t.pass(2_000);
    assert.deepEqual(t.broken, []);
  });

  it("lets others try once its trial has content, and still closes only at its end", async () => {
    using t = new Bench();
    t.trip(a1);
    await t.pass(2_000);
    const trial = t.breakers.began(a1);
    trial.first();
    assert.deepEqual(t.broken, []);
    trial.settled({ outcome: "failed", fault: silent, tookMs: 10 });
    assert.deepEqual(t.broken, ["a1"]);
  });

  it("isn't opened, nor its trial taken away, by an attempt from before it opened", async () => {
    using t = new Bench();
    const late = [t.breakers.began(a1), t.breakers.began(a1), t.breakers.began(a1)];
    const settle = () => late.pop()!.settled({ outcome: "failed", fault: silent, tookMs: 20_000 });
    t.trip(a1);
    settle();
    await t.pass(2_000);
    assert.deepEqual(t.broken, [], "the open time is as it was");
    settle();
    assert.deepEqual(t.broken, []);
    const trial = t.breakers.began(a1);
    settle();
    assert.match(t.breakers.broken().get("a1") ?? "", /tried again/);
    trial.settled({ outcome: "served", fault: null, tookMs: 10 });
    assert.deepEqual(t.broken, []);
  });

  it("closes when a request that was sent all the same is served", () => {
    using t = new Bench();
    t.trip(a1);
    t.serve(a1);
    assert.deepEqual(t.broken, []);
    t.clock.pass(100_000);
    assert.deepEqual(t.looks, []);
  });

  it("counts an attempt once", () => {
    using t = new Bench();
    const watch = t.breakers.began(a1);
    for (let i = 0; i < 20; i++) watch.settled({ outcome: "failed", fault: broke, tookMs: 10 });
    assert.deepEqual(t.broken, []);
  });
});

describe("the way to a provider", () => {
  it("takes all its models out of use when it isn't there, even those nobody asked", () => {
    using t = new Bench();
    t.fail(a1, unreachable, 5);
    t.fail(a2, unreachable, 4);
    assert.deepEqual(t.broken, []);
    t.fail(a1, unreachable);
    const why = "is at A, which could not be reached 10 times in a row";
    assert.deepEqual(
      [...t.breakers.broken()],
      [
        ["a1", why],
        ["a2", why],
      ],
    );
  });

  it("is open after connections that took long to fail", () => {
    using t = new Bench();
    t.fail(a1, { ...unreachable, code: "upstream_timeout" }, 2, 5_000);
    assert.deepEqual(t.broken, ["a1", "a2"]);
  });

  it("has one trial for all its models, and any answer closes it", async () => {
    using t = new Bench();
    t.fail(a1, unreachable, 10);
    await t.pass(2_000);
    t.breakers.began(a1).settled({ outcome: "discarded", fault: null, tookMs: 10 });
    assert.deepEqual(t.broken, []);
    const trial = t.breakers.began(a2);
    assert.deepEqual(t.broken, ["a1", "a2"]);
    trial.settled({ outcome: "failed", fault: broke, tookMs: 10 });
    assert.deepEqual(t.broken, [], "it answered, if only with a 500");
    assert.equal(t.breakers.of("a2").health, "down");
  });

  it("is free for others as soon as its trial has content", async () => {
    using t = new Bench();
    t.fail(a1, unreachable, 10);
    await t.pass(2_000);
    t.breakers.began(a1).first();
    assert.deepEqual(t.broken, []);
    assert.equal(t.breakers.providers()[0]?.state, "up");
  });

  it("isn't closed by the timeouts of connections that have hung since before", () => {
    using t = new Bench();
    const hung = t.breakers.began(a1);
    t.fail(a2, unreachable, 10);
    hung.settled({ outcome: "failed", fault: silent, tookMs: 8_000 });
    assert.deepEqual(t.broken, ["a1", "a2"]);
  });
});

describe("looking at a provider before a request is risked", () => {
  it("leaves the circuit open, twice as long each time, while nothing lives there", async () => {
    using t = new Bench();
    t.lives = () => false;
    t.trip(a1);
    for (const seconds of [2, 4, 8, 16, 32, 60, 60]) await t.pass(seconds * 1000);
    assert.deepEqual(
      t.looks.map((l) => l.atMs / 1000),
      [2, 6, 14, 30, 62, 122, 182],
    );
    assert.deepEqual(t.broken, ["a1"]);
    t.lives = () => true;
    await t.pass(60_000);
    assert.deepEqual(t.broken, []);
  });

  it("happens to all that are due at once, and once for each provider", async () => {
    using t = new Bench();
    t.lives = () => new Promise(() => {});
    for (const model of [a1, a2, b1]) t.trip(model);
    await t.pass(2_000);
    assert.deepEqual(
      t.looks.map((l) => l.provider),
      ["A", "B"],
    );
    assert.ok(t.looks.every((l) => !l.signal.aborted));
  });

  it("is given up after a second", async () => {
    using t = new Bench();
    t.lives = (provider) => (provider === "A" ? new Promise(() => {}) : true);
    t.trip(a1);
    t.trip(b1);
    await t.pass(2_000);
    assert.deepEqual(t.broken, ["a1"], "the other isn't held up");
    await t.pass(1_000);
    assert.ok(t.looks[0]!.signal.aborted);
    await t.pass(3_999);
    assert.equal(t.looks.length, 2);
    await t.pass(1);
    assert.equal(t.looks.length, 3);
  });

  it("counts as dead when the look itself goes wrong", async () => {
    using t = new Bench();
    t.lives = () => {
      throw new Error("no such provider");
    };
    t.trip(a1);
    await t.pass(2_000);
    assert.deepEqual(t.broken, ["a1"]);
    assert.equal(t.breakers.providers()[0]?.state, "down");
  });

  it("finds out for the provider too, before its own time", async () => {
    using t = new Bench();
    t.trip(a1);
    await t.pass(500);
    t.fail(a2, { ...unreachable, afterMs: 50_000 }, 10);
    await t.pass(1_500);
    assert.deepEqual(t.broken, []);
  });

  it("changes nothing when a request was served meanwhile", async () => {
    using t = new Bench();
    let answer: (lives: boolean) => void = () => {};
    t.lives = () => new Promise((resolve) => (answer = resolve));
    t.trip(a1);
    await t.pass(2_000);
    t.serve(a1);
    answer(false);
    await microtasks();
    assert.deepEqual(t.broken, []);
  });

  it("ends with the breakers, and no timer is left", async () => {
    const t = new Bench();
    t.lives = () => new Promise(() => {});
    t.trip(a1);
    await t.pass(2_000);
    t.trip(b1);
    t[Symbol.dispose]();
    assert.ok(t.looks[0]!.signal.aborted);
    await t.pass(100_000);
    assert.equal(t.looks.length, 1);
  });
});

describe("the health that is shown", () => {
  it("is what the last attempt showed", () => {
    using t = new Bench();
    assert.deepEqual(t.breakers.of("a1"), { health: "unknown", note: null });
    t.fail(a1, broke);
    assert.deepEqual(t.breakers.of("a1"), { health: "down", note: broke.message });
    assert.deepEqual(t.breakers.of("a2"), { health: "unknown", note: null });
    t.serve(a1);
    assert.deepEqual(t.breakers.of("a1"), { health: "up", note: null });
    t.fail(a1, answered(400, { retry: "never" }));
    t.fail(a1, { ...broke, unsent: true });
    assert.equal(t.breakers.of("a1").health, "up", "the requests were at fault, or never sent");
    t.fail(a1, answered(401, { needs: "key" }));
    assert.equal(t.breakers.of("a1").note, "The provider answered 401");
  });

  it("of providers holds no message, and says since when", () => {
    using t = new Bench();
    t.clock.pass(5_000);
    t.fail(b1, fault("upstream_error", "B needs a key.", { retry: "elsewhere", needs: "key" }));
    t.fail(a1, unreachable);
    const since = t.clock.wall();
    t.clock.pass(5_000);
    t.fail(a1, unreachable);
    assert.deepEqual(t.breakers.providers(), [
      { id: "A", state: "down", since },
      { id: "B", state: "unknown", since: null },
    ]);
    t.fail(a2, answered(429));
    assert.deepEqual(t.breakers.providers()[0], { id: "A", state: "up", since: t.clock.wall() });
  });

  it("is told of when it changes, and the map stays the same until it does", () => {
    using t = new Bench();
    const before = t.breakers.broken();
    t.serve(a1);
    assert.equal(t.changes, 1);
    for (let i = 0; i < 5; i++) t.serve(a1);
    assert.equal(t.changes, 1);
    t.fail(a1, broke, 9);
    assert.equal(t.changes, 2);
    assert.equal(t.breakers.broken(), before);
    t.fail(a1, broke);
    assert.equal(t.changes, 3);
    const open = t.breakers.broken();
    assert.notEqual(open, before);
    t.fail(a1, broke, 5);
    t.breakers.keep([a1, a2, b1]);
    assert.equal(t.breakers.broken(), open);
    assert.equal(t.changes, 3);
    t.breakers.onChange(() => assert.fail("it listens no more"))[Symbol.dispose]();
    t.serve(a1);
    assert.deepEqual([t.changes, before.size, open.size], [4, 0, 1]);
  });

  it("is forgotten with what is configured no longer", async () => {
    using t = new Bench();
    t.trip(a1);
    t.trip(a2);
    t.breakers.keep([{ ...a1, name: "corrected" }, a2]);
    assert.deepEqual(t.broken, ["a2"]);
    assert.equal(t.breakers.of("a1").health, "unknown");
    t.breakers.keep([{ ...a2, provider: "B" }]);
    assert.deepEqual(t.broken, []);
    t.trip(a1);
    assert.deepEqual([t.broken, t.breakers.of("a1").health], [[], "unknown"]);
    await t.pass(100_000);
    assert.deepEqual(t.looks, []);
  });

  it("of a provider whose configuration changed starts fresh, also for what is under way", () => {
    using t = new Bench();
    t.fail(a1, unreachable, 9);
    t.trip(a2);
    t.trip(b1);
    const old = t.breakers.began(a1);
    t.breakers.forget("A");
    assert.deepEqual(t.broken, ["b1"]);
    assert.equal(t.breakers.of("a2").health, "unknown");
    const { changes } = t;
    old.settled({ outcome: "failed", fault: broke, tookMs: 10 });
    assert.deepEqual([t.changes, t.breakers.of("a1").health], [changes, "unknown"]);
    t.fail(a1, unreachable, 9);
    assert.deepEqual(t.broken, ["b1"]);
  });
});

describe("after any history", () => {
  const faults = [
    broke,
    silent,
    unreachable,
    { ...broke, afterMs: 30_000 },
    answered(404),
    answered(429),
    answered(400, { retry: "never" }),
    { ...broke, unsent: true },
  ] as const;
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("begin" as const), model: fc.nat(1), obey: fc.boolean() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("settle" as const),
        which: fc.nat(),
        outcome: fc.constantFrom("served", "failed", "failed", "failed", "cancelled", "discarded"),
        fault: fc.constantFrom(...faults),
        tookMs: fc.constantFrom(1, 3_000, 12_000),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("fail" as const),
        model: fc.nat(1),
        fault: fc.constantFrom(...faults),
        times: fc.constantFrom(1, 2, 10),
        tookMs: fc.constantFrom(1, 12_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("first" as const), which: fc.nat() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("pass" as const),
        ms: fc.constantFrom(500, 2_000, 4_000, 61_000),
        lives: fc.boolean(),
      }),
    },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** Plays a history at the models of A; `each` sees the bench after every step. */
  async function play(t: Bench, steps: readonly Step[], each: (s: Step, running: readonly Watch[]) => void = () => {}) {
    const models = [a1, a2];
    const running: Watch[] = [];
    for (const s of steps) {
      if (s.do === "begin") {
        const model = models[s.model]!;
        if (!s.obey || !t.breakers.broken().has(model.id)) running.push(t.breakers.began(model));
      } else if (s.do === "settle") {
        const [watch] = running.splice(s.which % Math.max(1, running.length), 1);
        watch?.settled({ outcome: s.outcome, fault: s.outcome === "failed" ? s.fault : null, tookMs: s.tookMs });
      } else if (s.do === "fail") t.fail(models[s.model]!, s.fault, s.times, s.tookMs);
      else if (s.do === "first") running[s.which % Math.max(1, running.length)]?.first();
      else {
        t.lives = () => s.lives;
        await t.pass(s.ms);
      }
      each(s, running);
    }
  }
  const history = fc.array(step, { maxLength: 40 });

  it("no failure of one provider's models has broken another's", () =>
    fc.assert(
      fc.asyncProperty(history, async (steps) => {
        using t = new Bench();
        await play(t, steps, () => assert.ok(!t.broken.includes("b1")));
        assert.equal(t.breakers.of("b1").health, "unknown");
      }),
    ));

  it("no failure of one model has broken another, where its provider could be reached", () =>
    fc.assert(
      fc.asyncProperty(history, async (steps) => {
        using t = new Bench();
        const about = (s: Step) =>
          ("model" in s && s.model === 1) || ((s.do === "settle" || s.do === "fail") && s.fault === unreachable);
        const own = steps.filter((s) => !about(s));
        await play(t, own, () => assert.ok(!t.broken.includes("a2")));
      }),
    ));

  it("a success closes", () =>
    fc.assert(
      fc.asyncProperty(history, async (steps) => {
        using t = new Bench();
        await play(t, steps);
        t.serve(a1);
        assert.ok(!t.broken.includes("a1"));
        t.breakers.began(a1);
        assert.ok(!t.broken.includes("a1"), "closed, not half-open");
      }),
    ));

  it("a model that is passed over comes back when its server lives and nobody holds its trial", () =>
    fc.assert(
      fc.asyncProperty(history, async (steps) => {
        using t = new Bench();
        let left: readonly Watch[] = [];
        await play(t, steps, (_, running) => (left = running));
        for (const watch of left) watch.settled({ outcome: "discarded", fault: null, tookMs: 1 });
        t.lives = () => true;
        await t.pass(60_000); // the longest open time
        assert.deepEqual(t.broken, []);
      }),
    ));

  it("those that heed it make at most one trial at a time, after two seconds to a minute", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            /** What becomes of an attempt, if one may be made; null: it is left running. */
            outcome: fc.constantFrom("failed", "failed", "failed", "served", "discarded", null),
            tookMs: fc.constantFrom(1, 6_000),
            afterMs: fc.constantFrom(0, 7_000, 3_600_000),
            passMs: fc.constantFrom(0, 0, 0, 1_000, 2_000, 30_000, 60_000),
          }),
          { maxLength: 80 },
        ),
        async (tries) => {
          using t = new Bench([a1]);
          let closed = true;
          let openedMs = 0;
          let held: Watch | null = null;
          t.breakers.onChange(() => {
            const why = t.breakers.broken().get("a1");
            if (why === undefined || /tried/.test(why)) return;
            closed = false;
            openedMs = t.clock.now();
          });
          let looks = 0;
          for (const { outcome, tookMs, afterMs, passMs } of tries) {
            if (!t.breakers.broken().has("a1")) {
              assert.ok(closed || held === null, "a trial beside another");
              const watch = t.breakers.began(a1);
              assert.equal(t.breakers.broken().has("a1"), !closed, "the trial keeps others out");
              if (outcome === "served") closed = true;
              if (outcome !== null) watch.settled({ outcome, fault: { ...broke, afterMs }, tookMs });
              else if (!closed) held = watch;
            } else if (held !== null && outcome !== null) {
              if (outcome === "served") closed = true;
              held.settled({ outcome, fault: { ...broke, afterMs }, tookMs });
              held = null;
            }
            await t.pass(passMs);
            for (const look of t.looks.slice(looks)) {
              const ms = look.atMs - openedMs;
              assert.ok(ms >= 2_000 && ms <= 60_000, `open for ${ms} ms`);
            }
            looks = t.looks.length;
          }
        },
      ),
    ));
});

describe("a look at a server", () => {
  interface LookOptions {
    readonly offline?: boolean;
    readonly local?: boolean;
    /** When the signal ends. */
    readonly ms?: number;
    /** The server must see its connection closed, by the look alone. */
    readonly givenUp?: boolean;
  }

  /** What a look makes of a server. */
  async function look(listener: RequestListener, o: LookOptions = {}): Promise<boolean> {
    const server = createServer(listener);
    const gaveUp = new Promise<void>((resolve) =>
      server.on("connection", (socket) => {
        socket.on("error", () => {});
        socket.once("close", () => resolve());
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const net = new Net({ env: {}, offline: () => o.offline ?? false });
    try {
      const host = o.local === false ? "cloud.invalid" : "127.0.0.1";
      const url = new URL(`http://${host}:${(server.address() as AddressInfo).port}`);
      const signal = AbortSignal.timeout(o.ms ?? 5_000);
      const lives = await lookAt(net, originOf(url, o.local ?? true, 500), "/v1/models", "sk-1", signal);
      if (o.givenUp) await gaveUp;
      return lives;
    } finally {
      await net.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it("asks for the models with the key, and takes any answer below 500 for life", async () => {
    const asked: string[] = [];
    for (const [status, lives] of [
      [200, true],
      [302, true],
      [401, true],
      [404, true],
      [429, true],
      [500, false],
      [503, false],
    ] as const) {
      const found = await look((req, res) => {
        asked.push(`${req.method} ${req.url} ${req.headers.authorization}`);
        res.writeHead(status).end("{}");
      });
      assert.equal(found, lives, String(status));
    }
    assert.deepEqual(new Set(asked), new Set(["GET /v1/models Bearer sk-1"]));
  });

  it("gives up a body that is long, before its time is over", async () => {
    const lives = await look(
      (_, res) => {
        const write = (): void => {
          if (!res.destroyed) res.write("x".repeat(10_000), write);
        };
        write();
      },
      { givenUp: true, ms: 60_000 },
    );
    assert.ok(lives);
  });

  it("gives up a body that doesn't end, and what never answers, with its time", async () => {
    assert.equal(await look((_, res) => void res.write("{"), { givenUp: true, ms: 200 }), true);
    assert.equal(await look(() => {}, { givenUp: true, ms: 200 }), false);
  });

  it("finds nothing where nothing listens, or where the offline switch forbids to look", async () => {
    assert.equal(await look((req) => req.socket.destroy()), false);
    assert.equal(await look((_, res) => void res.end(), { local: false, offline: true }), false);
  });
});
