import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Ended, Fact } from "../../server/domain/fact.ts";
import { type Ledger, openLedger } from "../../server/io/ledger/ledger.ts";
import { Past } from "../../server/io/ledger/past.ts";
import { migrations } from "../../server/io/ledger/schema.ts";
import { type Clock, systemClock } from "../../server/kit/clock.ts";
import { newId } from "../../server/kit/ids.ts";
import { type Meter, meterSchema, type StatsRow, statsSchema } from "../../server/protocol/stats.ts";
import { traceSchema } from "../../server/protocol/trace.ts";
import { factsOf, HeldClock, usage } from "../support/facts.ts";

describe("ledger", () => {
  let dir: string;
  let file: string;
  let clock: HeldClock;
  let open: Ledger[];
  let logged: string[];
  const options = { keepDays: 90, maxTraces: 1_000_000, storeText: false };

  const ledger = (more: { clock?: Clock; options?: Partial<typeof options> } = {}): Ledger => {
    const made = openLedger({
      dataDir: join(dir, "data"),
      options: () => ({ ...options, ...more.options }),
      clock: more.clock ?? clock,
      log: (level, message) => void logged.push(`${level} ${message}`),
    });
    open.push(made);
    return made;
  };
  const append = (l: Ledger, facts: readonly Fact[]): void => {
    for (const fact of facts) l.append(fact);
  };
  let ids = 0;
  const request = (at = clock.wall()) => factsOf(`${newId(at)}${ids++}`, at);
  /** What another process would see in the file. */
  const onDisk = (): { status: string; cost: number | null }[] => {
    const db = new DatabaseSync(file, { readOnly: true });
    const rows = db.prepare("SELECT status, cost FROM trace ORDER BY n").all();
    db.close();
    return rows.map((r) => ({ status: String(r["status"]), cost: r["cost"] === null ? null : Number(r["cost"]) }));
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-ledger-"));
    file = join(dir, "data", "ledger.sqlite");
    clock = new HeldClock();
    open = [];
    logged = [];
  });
  afterEach(() => {
    for (const l of open) l.close();
    rmSync(dir, { recursive: true });
  });

  describe("the arms of an experiment", () => {
    const query = { arms: ["e/a", "e/b"], from: 0, sessions: true, most: 10_000 };
    const armed = async (l: Ledger, more: Partial<typeof query> = {}) => {
      const rows: [arm: number, at: number, session: string | null][] = [];
      const cut = await l.armed({ ...query, ...more }, (arm, row) => void rows.push([arm, row.at, row.session]));
      return { rows, cut };
    };
    const one = (
      l: Ledger,
      arm: string | null,
      at: number,
      session: string | null = null,
      ended: Partial<Ended> = {},
    ) => {
      const r = request(at);
      const decided = { ...r.decided(), arm: arm === null ? null : { experiment: "e", arm } };
      append(l, [r.started({ session }), decided, r.attempted(), r.firstToken(), r.settled(), r.ended(ended)]);
    };

    it("gives ended requests of all arms in the order in which they began, with their conversations", async () => {
      const l = ledger();
      const t = clock.wall();
      one(l, "b", t + 3, "s3");
      one(l, "a", t + 1, "s1");
      one(l, "b", t + 2);
      one(l, null, t + 2);
      one(l, "c", t + 2);
      const running = request(t);
      append(l, [running.started(), { ...running.decided(), arm: { experiment: "e", arm: "a" } }]);
      const inOrder = [
        [0, t + 1, "s1"],
        [1, t + 2, null],
        [1, t + 3, "s3"],
      ];
      assert.deepEqual(await armed(l), { rows: inOrder, cut: false });
      assert.deepEqual((await armed(l, { from: t + 2 })).rows, inOrder.slice(1));
      assert.deepEqual(await armed(l, { most: 2 }), { rows: inOrder.slice(0, 2), cut: true });
      assert.deepEqual((await armed(l, { most: 3 })).cut, false);
    });

    it("reads more than a slice of one arm, and each request once", async () => {
      const l = ledger();
      const t = clock.wall();
      for (let i = 0; i < 2_500; i++) one(l, i % 5 === 0 ? "a" : "b", t + Math.floor(i / 7));
      const { rows } = await armed(l);
      assert.equal(rows.length, 2_500);
      assert.equal(rows.filter(([arm]) => arm === 0).length, 500);
      assert.ok(rows.every(([, at], i) => i === 0 || at >= rows[i - 1]![1]));
    });

    it("are read from the file as it lies there, too, beside whoever writes", async () => {
      const l = ledger();
      one(l, "b", clock.wall(), "s");
      l.flush();
      const before = readFileSync(file);
      using past = Past.open(file)!;
      const rows: string[] = [];
      assert.equal(await past.armed(query, (arm, row) => void rows.push(`${arm} ${row.session}`)), false);
      assert.deepEqual(rows, ["1 s"]);
      assert.deepEqual(readFileSync(file), before);
    });

    it("leaves out what came from memory: no arm's model answered it", async () => {
      const l = ledger();
      for (const cache of ["miss", "semantic", "joined", "off"] as const) one(l, "a", clock.wall(), cache, { cache });
      assert.deepEqual((await armed(l)).rows.map(([, , session]) => session).sort(), ["miss", "off"]);
    });
  });

  describe("writing", () => {
    it("writes nothing while facts come, and a running row within 100 ms", () => {
      const l = ledger();
      const r = request();
      append(l, [r.started(), r.decided(), r.attempted()]);
      assert.deepEqual(onDisk(), []);
      clock.pass(100);
      assert.deepEqual(onDisk(), [{ status: "running", cost: 1_000 }]);
      append(l, [r.firstToken(), r.settled(), r.ended()]);
      clock.pass(100);
      assert.deepEqual(onDisk(), [{ status: "ok", cost: 3_000 }]);
    });

    it("gives back what was folded, valid by the outward schema, after a reopening too", () => {
      const l = ledger();
      const r = request();
      append(l, r.all());
      const { traces } = l.traces({ limit: 10 });
      assert.equal(traces.length, 1);
      const trace = traceSchema.parse(traces[0]);
      assert.equal(trace.cost.savedNanos, 7_000);
      assert.deepEqual(trace.usage, usage(10, 20));
      l.close();
      assert.deepEqual(ledger().trace(trace.id), trace);
    });

    it("writes more than one slice without waiting for it", async () => {
      const l = ledger({ clock: systemClock });
      for (let i = 0; i < 1_000; i++) append(l, request().all());
      while (onDisk().length < 1_000) await new Promise((next) => setTimeout(next, 5));
      assert.equal(l.problem(), null);
    });

    it("is for its owner alone", function () {
      if (process.platform === "win32") return this.skip();
      ledger();
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(statSync(join(dir, "data")).mode & 0o777, 0o700);
    });

    it("keeps the text only where the fact carries it", () => {
      const l = ledger();
      const [a, b] = [request(), request()];
      append(l, a.all());
      append(l, [b.started(), b.ended({ text: { prompt: "why?", answer: "because" } })]);
      l.flush();
      assert.equal(l.trace(a.started().id)?.text, undefined);
      assert.deepEqual(l.trace(b.started().id)?.text, { prompt: "why?", answer: "because" });
    });

    it("lets the money of an ended request grow when a provider reports late", async () => {
      const l = ledger();
      const r = request();
      append(l, r.all());
      assert.equal(l.meter().spentNanos, 3_000);
      l.append(r.settled({ costNanos: 4_000, usage: usage(10, 30) }));
      assert.equal(l.meter().spentNanos, 4_000);
      assert.equal(l.trace(r.started().id)?.cost.nanos, 4_000);
      l.append(r.settled({ costNanos: 5_000 }));
      await new Promise((next) => setImmediate(next));
      assert.equal((await l.stats({})).total.costNanos, 5_000);
      assert.equal(l.meter().requests, 1);
    });

    it("drops a fact on a request that nobody knows, and says so", async () => {
      const l = ledger();
      l.append(request().ended());
      l.flush();
      assert.ok(logged.some((m) => m.includes("unknown request")));
      assert.equal((await l.stats({})).total.requests, 0);
    });

    it("drops a trace that can't be written, and keeps those beside it", () => {
      const l = ledger();
      const bad = request();
      append(l, [bad.started({ client: null as never }), bad.ended()]);
      append(l, request().all());
      l.flush();
      assert.deepEqual(onDisk(), [{ status: "ok", cost: 3_000 }]);
      assert.ok(logged.some((m) => m.includes("can't be written and was dropped")));
    });
  });

  describe("reading", () => {
    it("pages newest first, running ones included, each once", () => {
      const l = ledger();
      const all: string[] = [];
      for (let i = 0; i < 25; i++) {
        const r = request(clock.wall() + (i % 3)); // some share a millisecond
        append(l, i % 5 === 0 ? [r.started()] : r.all());
        all.push(r.started().id);
      }
      const seen: string[] = [];
      let after: string | null = null;
      let pages = 0;
      do {
        const page: ReturnType<Ledger["traces"]> = l.traces({ limit: 10, ...(after === null ? {} : { after }) });
        seen.push(...page.traces.map((t) => t.id));
        after = page.next;
        pages++;
      } while (after !== null);
      assert.equal(pages, 3);
      assert.deepEqual(seen.toSorted(), all.toSorted());
      const starts = seen.map((id) => l.trace(id)?.startedAt ?? "");
      assert.deepEqual(starts, starts.toSorted().reverse());
    });

    it("filters by status, model and route", () => {
      const l = ledger();
      const [a, b, c] = [request(), request(), request()];
      append(l, a.all());
      append(l, [b.started(), b.decided({ model: "large", route: "meta" }), b.attempted({ model: "large" })]);
      append(l, [c.started(), c.ended({ status: "error", error: { code: "no_model", message: "none" } })]);
      const found = (q: object) => l.traces({ limit: 10, ...q }).traces.map((t) => t.id);
      assert.deepEqual(found({ status: "running" }), [b.started().id]);
      assert.deepEqual(found({ status: "error" }), [c.started().id]);
      assert.deepEqual(found({ model: "small" }), [a.started().id]);
      assert.deepEqual(found({ route: "meta", model: "large" }), [b.started().id]);
      assert.deepEqual(found({ route: "meta", model: "small" }), []);
      assert.deepEqual(found({ after: "gone" }), []);
    });

    it("shows a running request as it is now", () => {
      const l = ledger();
      const r = request();
      append(l, [r.started(), r.attempted()]);
      l.flush();
      l.append(r.firstToken(33));
      assert.equal(l.traces({ limit: 1 }).traces[0]?.ttftMs, 33);
      assert.equal(l.trace(r.started().id)?.ttftMs, 33);
    });

    it("tells listeners of changes, and outlives one that throws", () => {
      const l = ledger();
      const seen: string[] = [];
      l.onTrace(() => assert.fail("a broken listener"));
      const listening = l.onTrace((t) => void seen.push(t.status));
      const r = request();
      append(l, [r.started()]);
      clock.pass(5);
      append(l, [r.ended()]);
      clock.pass(5);
      listening[Symbol.dispose]();
      append(l, request().all());
      clock.pass(5);
      assert.deepEqual(seen, ["running", "ok"]);
    });
  });

  describe("statistics", () => {
    it("sums money and tokens, and counts what is unknown instead of taking it for nothing", async () => {
      const l = ledger();
      append(l, request().all());
      const unknown = request();
      append(l, [unknown.started(), unknown.decided(), unknown.attempted({ costNanos: null })]);
      append(l, [unknown.settled({ costNanos: null }), unknown.ended()]);
      const wasted = request();
      append(l, [wasted.started(), wasted.attempted(), wasted.settled({ outcome: "discarded", costNanos: 500 })]);
      append(l, [wasted.attempted({ attempt: 1, model: "large" }), wasted.settled({ attempt: 1 }), wasted.ended()]);
      const { total } = statsSchema.parse(await l.stats({}));
      assert.deepEqual(
        [total.requests, total.costNanos, total.wasteNanos, total.baselineNanos, total.savedNanos, total.unknownCost],
        [3, 6_500, 500, 20_000, 13_500, 1],
      );
      assert.deepEqual([total.input, total.output], [30, 60]);
    });

    it("groups by each of its words", async () => {
      const l = ledger();
      const r = request();
      append(l, [r.started({ workspace: "w" }), r.decided({ task: "fix" }), r.attempted(), r.settled(), r.ended()]);
      append(l, [request().started({ kind: "completion", client: "other" })]);
      const keys = async (by: Parameters<Ledger["stats"]>[0]["by"] & string) =>
        (await l.stats({ by })).rows.map((row) => row.key).sort();
      assert.deepEqual(await keys("model"), ["(none)", "small"]);
      assert.deepEqual(await keys("provider"), ["(none)", "gpu"]);
      assert.deepEqual(await keys("route"), ["(none)", "direct"]);
      assert.deepEqual(await keys("task"), ["(none)", "fix"]);
      assert.deepEqual(await keys("stage"), ["(none)", "classifier"]);
      assert.deepEqual(await keys("kind"), ["chat", "completion"]);
      assert.deepEqual(await keys("surface"), ["http"]);
      assert.deepEqual(await keys("client"), ["other", "test"]);
      assert.deepEqual(await keys("workspace"), ["(none)", "w"]);
      assert.deepEqual(await keys("status"), ["ok", "running"]);
      assert.deepEqual(await keys("cache"), ["off"]);
      assert.deepEqual(await keys("day"), ["2026-11-21"]);
    });

    it("gives percentiles that were measured, of answers alone", async () => {
      const l = ledger();
      for (let i = 1; i <= 100; i++) {
        const r = request();
        append(l, [r.started(), r.attempted(), r.firstToken(i), r.settled(), r.ended({ totalMs: 10 * i })]);
      }
      const failed = request();
      append(l, [failed.started(), failed.ended({ status: "error", totalMs: 99_999 })]);
      const { total } = await l.stats({});
      assert.deepEqual(
        [total.ttftMs, total.totalMs],
        [
          { p50: 50, p95: 95 },
          { p50: 500, p95: 950 },
        ],
      );
      assert.deepEqual([total.ok, total.error], [100, 1]);
      assert.deepEqual((await l.stats({ from: "2031-01-01" })).total.ttftMs, { p50: null, p95: null });
    });

    it("takes a time range, days in the machine's time zone with the last one included", async () => {
      const l = ledger();
      const local = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
      for (const at of [local(20, 23), local(21, 0), local(21, 23), local(22, 0)]) append(l, request(at).all());
      const n = async (from: string | null, to: string | null) =>
        (await l.stats({ from, to, by: "day" })).rows.map((r) => [r.key, r.requests]);
      assert.deepEqual(await n("2026-11-21", "2026-11-21"), [["2026-11-21", 2]]);
      assert.deepEqual(await n(null, new Date(local(21, 0)).toISOString()), [["2026-11-20", 1]]);
      assert.deepEqual(await n("2026-11-21", null), [
        ["2026-11-21", 2],
        ["2026-11-22", 1],
      ]);
      await assert.rejects(l.stats({ from: "yesterday" }), /"yesterday" is no time: write 2026-11-21/);
      await assert.rejects(l.stats({ from: "2026-02-31" }), RangeError);
    });

    it("lets others run while it sums many requests, and counts each once", async () => {
      const l = ledger();
      for (let i = 0; i < 4_100; i++) append(l, [request(clock.wall() + (i % 7)).started()]);
      let turns = 0;
      const turn = setInterval(() => turns++, 0);
      const { total } = await l.stats({ by: "day" });
      clearInterval(turn);
      assert.equal(total.requests, 4_100);
      assert.ok(turns > 0);
    });

    it("counts groups beyond a thousand together", async () => {
      const l = ledger();
      for (let i = 0; i < 1_100; i++) append(l, [request().started({ client: `c${i}` })]);
      const { rows, total } = await l.stats({ by: "client" });
      assert.equal(rows.length, 1_001);
      assert.equal(rows.find((r) => r.key === "(others)")?.requests, 100);
      assert.equal(total.requests, 1_100);
    });
  });

  describe("what began early", () => {
    /** Begun before the verdict, which a judge gives; confirmed or rejected. */
    const speculated = (l: Ledger, confirmed: boolean, nanos: number | null = 500): string => {
      const r = request();
      append(l, [r.started(), r.decided(), r.attempted({ role: "judge", model: "tiny" })]);
      append(l, [r.attempted({ attempt: 1, role: "speculative" }), r.firstToken(30, 1), r.settled({ costNanos: 10 })]);
      if (!confirmed) {
        append(l, [r.settled({ attempt: 1, outcome: "discarded", costNanos: nanos })]);
        append(l, [r.attempted({ attempt: 2, model: "large", startMs: 50 }), r.firstToken(80, 2)]);
      }
      append(l, [r.settled({ attempt: confirmed ? 1 : 2 })]);
      append(l, [r.ended({ savedMs: { speculation: confirmed ? 29 : 0, hedge: 0 } })]);
      return r.started().id;
    };
    /** A late answer, of which a second one was asked; the first loses. */
    const hedged = (l: Ledger): string => {
      const r = request();
      append(l, [r.started(), r.decided(), r.attempted(), r.attempted({ attempt: 1, role: "hedge", model: "large" })]);
      append(l, [r.firstToken(700, 1), r.settled({ outcome: "discarded", costNanos: 70, endMs: 701 })]);
      append(l, [r.settled({ attempt: 1 }), r.ended({ savedMs: { speculation: 0, hedge: 300 } })]);
      return r.started().id;
    };
    const early = ({ total }: { total: StatsRow }) => [
      ...[total.speculated, total.speculationWasteNanos, total.speculationSavedMs],
      ...[total.hedged, total.hedgeWasteNanos, total.hedgeSavedMs],
    ];

    it("is summed: how often, what it cost for nothing, what time it saved", async () => {
      const l = ledger();
      append(l, request().all());
      speculated(l, true);
      speculated(l, false);
      speculated(l, false, null); // a price is unknown
      hedged(l);
      hedged(l);
      const stats = statsSchema.parse(await l.stats({ by: "route" }));
      assert.deepEqual(early(stats), [3, 500, 29, 2, 140, 600]);
      assert.equal(stats.rows[0]?.speculated, 3);
    });

    it("tells what both cost where both were made, and blames a judge on neither", async () => {
      const l = ledger();
      const r = request();
      append(l, [r.started(), r.attempted({ role: "judge" }), r.attempted({ attempt: 1, role: "speculative" })]);
      append(l, [r.attempted({ attempt: 2, role: "hedge" }), r.attempted({ attempt: 3, role: "fallback" })]);
      for (const [attempt, costNanos] of [1, 20, 300, 4_000].entries())
        append(l, [r.settled({ attempt, outcome: "discarded", costNanos })]);
      append(l, [r.ended()]);
      assert.deepEqual(early(await l.stats({})), [1, 20, 0, 1, 4_300, 0]);
    });

    it("comes back with its trace, and costs other requests nothing", () => {
      const l = ledger();
      append(l, request().all());
      const id = speculated(l, true);
      l.flush();
      const db = new DatabaseSync(file, { readOnly: true });
      const column = db.prepare("SELECT early FROM trace ORDER BY n").all();
      db.close();
      assert.deepEqual(
        column.map((row) => row["early"]),
        [null, "[1,0,29,0,0,0,3000,0,0,0]"],
      );
      assert.deepEqual(l.trace(id)?.savedMs, { speculation: 29, hedge: 0 });
    });

    it("is unknown of what an earlier version wrote, whose file is taken on", async () => {
      mkdirSync(join(dir, "data"));
      const db = new DatabaseSync(file);
      db.exec(`${migrations[0]}; PRAGMA user_version = 1`);
      const older = db.prepare(
        `INSERT INTO trace (id, at, status, kind, surface, client, cache, input, cached, output, reasoning, estimated, rest)
         VALUES (?, ?, 'ok', 'chat', 'http', 'test', 'off', 0, 0, 0, 0, 0, ?)`,
      );
      const rest = '["openai.chat",true,null,1,2,"anywhere","default",null,"stop",null,[],[],null]';
      const ids = [newId(clock.wall()), newId(clock.wall())];
      older.run(ids[0]!, clock.wall(), rest);
      const l = ledger();
      speculated(l, false);
      l.flush();
      older.run(ids[1]!, clock.wall(), rest); // it still runs beside the newer one
      db.close();
      assert.deepEqual(early(await l.stats({})), [1, 500, 0, 0, 0, 0]);
      for (const id of ids) assert.equal(l.trace(id)?.savedMs, null);
      assert.equal(l.problem(), null);
    });
  });

  describe("meter", () => {
    it("holds today's money, running requests included, and starts anew at midnight", () => {
      clock = new HeldClock(new Date(2026, 10, 21, 23, 59).getTime());
      const l = ledger();
      append(l, request().all());
      const r = request();
      append(l, [r.started(), r.attempted()]);
      assert.deepEqual(meterSchema.parse(l.meter()), {
        day: "2026-11-21",
        requests: 2,
        running: 1,
        spentNanos: 4_000,
        savedNanos: 7_000,
        unknownCost: 0,
        estimated: true,
        recalled: 0,
        recalledSavedNanos: 0,
      });
      append(l, [r.settled({ costNanos: null }), r.ended()]);
      assert.deepEqual([l.meter().spentNanos, l.meter().unknownCost, l.meter().estimated], [3_000, 1, false]);
      clock.pass(120_000);
      assert.deepEqual([l.meter().day, l.meter().requests, l.meter().spentNanos], ["2026-11-22", 0, 0]);
    });

    it("is the same after a reopening", () => {
      const l = ledger();
      append(l, request().all());
      const r = request();
      const from = { trace: "t", ageMs: 1, similarity: null, savedMs: 5, savedNanos: 600 };
      const recalled = { from, baselineNanos: 7_000, estimated: false };
      append(l, [r.started(), r.decided(), r.ended({ cache: "exact", delivered: null, recalled })]);
      const before = l.meter();
      assert.deepEqual([before.recalled, before.recalledSavedNanos, before.savedNanos], [1, 600, 14_000]);
      l.close();
      assert.deepEqual(ledger().meter(), before);
    });

    it("counts what another daemon spends into the same file", () => {
      const [a, b] = [ledger(), ledger()];
      append(a, request().all());
      assert.equal(a.meter().spentNanos, 3_000);
      append(b, request().all());
      const running = request();
      append(b, [running.started()]);
      b.flush();
      assert.deepEqual([a.meter().spentNanos, a.meter().requests, a.meter().running], [6_000, 3, 1]);
    });

    it("is pushed at most four times a second, with the newest figures", () => {
      const l = ledger();
      const seen: Meter[] = [];
      l.onMeter((m) => void seen.push(m));
      for (let i = 0; i < 10; i++) append(l, request().all());
      assert.equal(seen.length, 0);
      clock.pass(1_000);
      assert.deepEqual(
        seen.map((m) => m.requests),
        [10],
      );
      for (let i = 0; i < 100; i++) {
        append(l, request().all());
        clock.pass(10);
      }
      assert.ok(seen.length <= 5, String(seen.length));
    });
  });

  it("knows each model's newest times to the first token, from earlier runs too", () => {
    const first = ledger();
    for (let i = 1; i <= 300; i++) {
      const r = request();
      append(first, [r.started(), r.attempted(), r.firstToken(i), r.settled(), r.ended()]);
    }
    const whole = request();
    append(first, [
      whole.started({ stream: false }),
      whole.attempted(),
      whole.firstToken(9_999),
      whole.settled(),
      whole.ended(),
    ]);
    // Of 101…300, from the attempt's start at 1; the slowest are 289…299.
    const newest = { p50: 199, p95: 289, tail: 294, n: 200 };
    assert.deepEqual(first.latency().get("small"), newest);
    first.close();
    assert.deepEqual(ledger().latency().get("small"), newest);
  });

  describe("retention", () => {
    it("prunes what is too old and what is too much, in the background", async () => {
      const l = ledger({ options: { keepDays: 10, maxTraces: 300 } });
      for (let i = 0; i < 250; i++) append(l, request(clock.wall() - 11 * 86_400_000).all());
      for (let i = 0; i < 500; i++) append(l, request().all());
      l.flush();
      clock.pass(60_000);
      assert.equal((await l.stats({})).total.requests, 300);
      assert.equal(l.traces({ limit: 1_000 }).traces.length, 300);
    });

    it("gives a request that was pruned while it ran a row again", () => {
      const l = ledger({ options: { maxTraces: 1 } });
      const r = request();
      append(l, [r.started()]);
      l.flush();
      for (let i = 0; i < 10; i++) append(l, request().all());
      l.flush();
      clock.pass(5_000);
      append(l, [r.ended()]);
      assert.equal(l.trace(r.started().id)?.status, "ok");
    });
  });

  describe("trouble", () => {
    it("moves a damaged file aside, says so and goes on", async () => {
      mkdirSync(join(dir, "data"));
      writeFileSync(file, "this is no database, although it is long enough to be taken for one".repeat(100));
      const l = ledger();
      append(l, request().all());
      assert.match(l.problem() ?? "", /was damaged.*It lies at .*ledger\.sqlite\.damaged-/);
      assert.equal((await l.stats({})).total.requests, 1);
      assert.ok(readdirSync(join(dir, "data")).some((f) => f.includes(".damaged-")));
      assert.equal(onDisk().length, 1);
    });

    it("notices damage that shows only when the file is used", async () => {
      const first = ledger();
      for (let i = 0; i < 500; i++) append(first, request().all());
      first.close();
      const size = statSync(file).size;
      const db = new DatabaseSync(file);
      const pages = size / 4096;
      db.close();
      const bytes = Buffer.alloc(4096, 0xee);
      const whole = readFileSync(file);
      for (let page = 8; page < pages; page++) bytes.copy(whole, page * 4096);
      writeFileSync(file, whole);
      const l = ledger();
      assert.equal((await l.stats({})).total.requests, 0);
      append(l, request().all());
      assert.equal((await l.stats({})).total.requests, 1);
      assert.match(l.problem() ?? "", /was damaged/);
    });

    it("goes on in memory where no file can be made, and says so", async () => {
      writeFileSync(join(dir, "data"), "a file where the folder should be");
      const l = ledger();
      append(l, request().all());
      assert.equal((await l.stats({})).total.costNanos, 3_000);
      assert.equal(l.meter().requests, 1);
      assert.match(l.problem() ?? "", /can't be read or written.*memory/);
    });

    it("goes on in memory while another process holds the file, and writes when it lets go", async () => {
      const l = ledger();
      append(l, request().all());
      l.flush();
      const other = new DatabaseSync(file);
      other.exec("BEGIN IMMEDIATE");
      append(l, request().all());
      const r = request();
      append(l, [r.started()]);
      assert.equal((await l.stats({})).total.requests, 3);
      assert.equal(l.traces({ limit: 10 }).traces.length, 3);
      assert.deepEqual(
        l.traces({ limit: 10, status: "running" }).traces.map((t) => t.id),
        [r.started().id],
      );
      assert.deepEqual([l.meter().requests, l.meter().running], [3, 1]);
      assert.match(l.problem() ?? "", /held by another process.*kept in memory/);
      other.exec("ROLLBACK");
      other.close();
      clock.pass(40_000);
      assert.equal(l.problem(), null);
      assert.equal(onDisk().length, 3);
    });

    it("reads a file that a newer version has added to", async () => {
      ledger().close();
      const db = new DatabaseSync(file);
      db.exec("ALTER TABLE trace ADD COLUMN later TEXT; PRAGMA user_version = 99");
      db.close();
      const l = ledger();
      append(l, request().all());
      assert.equal((await l.stats({})).total.requests, 1);
      assert.equal(l.problem(), null);
    });
  });

  describe("owners", () => {
    it("leaves the running requests of a living daemon alone", () => {
      const [a, r] = [ledger(), request()];
      append(a, [r.started()]);
      a.flush();
      assert.equal(ledger().trace(r.started().id)?.status, "running");
    });

    it("calls what still runs at its own end interrupted", () => {
      const [a, r] = [ledger(), request()];
      append(a, [r.started(), r.attempted()]);
      a.close();
      const trace = traceSchema.parse(ledger().trace(r.started().id));
      assert.equal(trace.status, "interrupted");
      assert.equal(trace.error?.code, "interrupted");
      assert.equal(trace.cost.nanos, 1_000);
    });

    it("survives kill -9: the running request is interrupted, every figure stands", async () => {
      const script = resolve(import.meta.dirname, "../support/ledger-child.ts");
      const child = spawn(process.execPath, [script, join(dir, "data"), "321"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const before = JSON.parse(line.toString()) as { running: string; total: StatsRow; meter: Meter };
      const living = ledger({ clock: systemClock });
      assert.equal(living.trace(before.running)?.status, "running");
      child.kill("SIGKILL");
      await once(child, "exit");
      const l = ledger({ clock: systemClock });
      const { running, interrupted, ...after } = (await l.stats({})).total;
      assert.deepEqual([running, interrupted], [0, 1]);
      assert.deepEqual({ ...after, running: 1, interrupted: 0 }, before.total);
      assert.deepEqual({ ...l.meter(), running: 1 }, before.meter);
      assert.equal(l.trace(before.running)?.status, "interrupted");
      assert.equal(before.total.requests, 322);
    });
  });
});
