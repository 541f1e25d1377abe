import assert from "node:assert/strict";
import { foldFact, startTrace } from "../../server/domain/trace.ts";
import { resolveModels } from "../../server/io/config/models.ts";
import { replay } from "../../server/lab/replay.ts";
import { restored } from "../../server/lab/restore.ts";
import { scaleOf } from "../../server/lab/scale.ts";
import { pricedOn, Side } from "../../server/lab/side.ts";
import { featuresOf, storable } from "../../server/logic/routing/features.ts";
import { type Snapshot, snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { type ConfigInput, configSchema } from "../../server/protocol/config.ts";
import type { ReplayGrouping } from "../../server/protocol/replay.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { usage } from "../support/facts.ts";
import { read } from "../support/reading.ts";
import { type Recorded, randomRequests, recordedFacts } from "../support/replayed.ts";

const free = { input: 0, output: 0 };
const dear = { input: 3, cachedInput: 0.3, output: 15 };
type Models = NonNullable<ConfigInput["models"]>;
const model = (tier: "local" | "economy" | "standard" | "premium", prices?: Models[string]["prices"]) =>
  ({ provider: "p", name: "n", tier, ...(prices ? { prices } : {}) }) as const;
const two: Models = { small: model("local", free), large: model("premium", dear) };

const latencyOf = (p50s: Readonly<Record<string, number>>) =>
  new Map(Object.entries(p50s).map(([id, p50]) => [id, { p50, p95: 2 * p50, tail: null }]));

function snapshot(routing: ConfigInput["routing"] = {}, models: Models = two): Snapshot {
  const config = configSchema.parse({
    providers: { p: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" } },
    models,
    routing: { primary: "small", escalation: "large", ...routing },
  });
  return snapshotOf({
    models: resolveModels(config),
    routing: config.routing,
    ahead: { speculation: undefined, hedge: undefined },
    latency: latencyOf({ small: 50, large: 500 }),
    broken: new Map(),
  });
}

function traceOf(r: Recorded): Trace {
  const [started, ...facts] = recordedFacts(r);
  assert.ok(started?.type === "started");
  const trace = startTrace(started);
  for (const fact of facts) if (fact.type !== "started") foldFact(trace, fact);
  return trace;
}

const request = (n: number, more: Partial<Recorded> = {}): Recorded => ({
  id: `r${n}`,
  atMs: Date.UTC(2026, 10, 20) + n,
  model: "small",
  ...more,
});

function run(traces: readonly Trace[], now: Snapshot, policy: Snapshot, by: ReplayGrouping | null = null) {
  const past = { traces: () => [traces] };
  const range = { from: -Infinity, to: Infinity };
  return replay({ past, range, limit: 1_000, now: new Side(now), policy: new Side(policy), by });
}

describe("a replay", () => {
  const many = [...randomRequests(600)].map(traceOf);

  it("decides by what featuresOf had made of the request", () => {
    const q = {
      id: "r1",
      kind: "chat",
      stream: true,
      origin: { surface: "http", wire: "openai.chat", client: "test", workspace: "w", session: "s", atMs: 0 },
      wishes: { model: "switchyard/auto", sampling: { maxTokens: 50 }, needs: ["tools"], quality: 0.4, task: "fix" },
      egress: { verdict: "local-only", rule: "content:key" },
      prompt: { kind: "chat", messages: [{ role: "user", content: "Fix it." }], tools: [] },
    } as const;
    const f = featuresOf(q, read, "small");
    const [started, decided, ...rest] = recordedFacts(request(1, { task: "fix" }));
    assert.ok(started?.type === "started" && decided?.type === "decided");
    const { client, workspace, session } = q.origin;
    const trace = startTrace({
      ...started,
      trace: { ...started.trace, client, workspace, session, chars: f.chars, privacy: q.egress },
    });
    foldFact(trace, { ...decided, features: storable(f) });
    for (const fact of rest) if (fact.type !== "started") foldFact(trace, fact);
    assert.deepEqual(restored(trace), { ...f, ...storable(f) });
  });

  it("under the same policy differs by exactly nothing", () => {
    for (const routing of [{}, { strategy: "adaptive" }, { judge: "small" }] as const) {
      const { total, changes, traces, groups } = run(many, snapshot(routing), snapshot(routing), "task");
      assert.equal(traces.replayed, many.length);
      assert.equal(total.changed, 0);
      assert.deepEqual(changes, []);
      for (const row of [total, ...groups]) {
        const { cost, latencyMs, quality } = row;
        for (const c of [cost?.each, cost?.total, latencyMs?.mean, latencyMs?.p50, quality])
          assert.deepEqual([c?.difference, c?.low, c?.high], [0, 0, 0], row.key);
      }
    }
  });

  it("of a dearer policy costs more, waits longer and expects more; of a cheaper one the reverse", () => {
    const dearer = run(many, snapshot(), snapshot({ quality: 0.9 })).total;
    const cheaper = run(many, snapshot(), snapshot({ quality: 0.1 })).total;
    assert.ok(dearer.cost!.each.low > 0 && cheaper.cost!.each.high < 0);
    assert.ok(dearer.latencyMs!.mean.low > 0 && cheaper.latencyMs!.mean.high < 0);
    assert.ok(dearer.quality!.low > 0 && cheaper.quality!.high < 0);
    assert.ok(dearer.changed > 0 && cheaper.changed > 0);
  });

  it("says what each figure is, request by request", () => {
    const traces = [
      request(1, { features: { score: 0.1, weak: 0.8, strong: 0.9 }, tokens: { input: 1_000, output: 100 } }),
      request(2, { features: { score: 0.5, weak: 0.5, strong: 0.9 }, tokens: { input: 2_000, output: 200 } }),
      request(3, { model: "large", features: { score: 0.9, weak: 0.2, strong: 0.8 } }),
    ].map(traceOf);
    // Above 0.2 instead of 0.65 the escalation answers: the second request moves.
    const r = run(traces, snapshot({ band: [0.65, 0.65] }), snapshot({ band: [0.2, 0.2] }));
    const { cost, latencyMs, quality } = r.total;
    assert.equal(r.total.changed, 1);
    assert.deepEqual(r.changes, [{ now: "small", policy: "large", requests: 1 }]);
    const third = 1_000 * 3_000 + 200 * 15_000; // nano-dollars
    const second = 2_000 * 3_000 + 200 * 15_000;
    assert.equal(cost?.total.now, third);
    assert.equal(cost?.total.policy, third + second);
    assert.equal(cost?.total.difference, second);
    assert.equal(latencyMs?.mean.now, (50 + 50 + 500) / 3);
    assert.equal(latencyMs?.mean.policy, (50 + 500 + 500) / 3);
    assert.equal(latencyMs?.p50.difference, 450);
    assert.ok(Math.abs(quality!.now - (0.8 + 0.5 + 0.8) / 3) < 1e-12);
    assert.ok(Math.abs(quality!.difference - 0.4 / 3) < 1e-12);
    assert.deepEqual(
      r.models.map((m) => [m.model, m.recorded, m.now, m.policy, m.standing]),
      [
        ["small", 2, 2, 1, 0],
        ["large", 1, 1, 2, 1],
      ],
    );
    assert.equal(r.traces.asRecorded, 3);
    assert.equal(r.money.recordedNanos, 9_000);
  });

  it("counts and skips what can't be decided again", () => {
    const recalled = traceOf(request(2));
    recalled.recalled = { trace: "r1", ageMs: 5, similarity: null, savedMs: 1, savedNanos: null };
    const traces = [
      traceOf(request(1, { features: null })), // as an older version stored it
      recalled,
      traceOf(request(3, { features: { named: "gone" } })),
      traceOf(request(4, { features: { named: "mid" } })),
      traceOf(request(5)),
    ];
    const r = run(traces, snapshot(), snapshot({}, { ...two, mid: model("standard") }));
    const { read: all, withoutFeatures, recalled: known, refused, replayed } = r.traces;
    assert.deepEqual([all, withoutFeatures, known, replayed], [5, 1, 1, 1]);
    assert.deepEqual([refused.now, refused.policy], [2, 1]);
    assert.match(String(refused.why.policy), /no model "gone"/);
  });

  it("leaves out of the money what has no usage or no price, and says which models want one", () => {
    const traces = [
      traceOf(request(1, { tokens: null })),
      traceOf(request(2, { features: { score: 0.9 } })),
      traceOf(request(3)),
    ];
    const r = run(traces, snapshot(), snapshot({}, { ...two, large: model("premium") }));
    assert.equal(r.total.requests, 3);
    assert.equal(r.total.priced, 1);
    assert.equal(r.money.withoutUsage, 1);
    assert.equal(r.money.unknownPrice, 1);
    assert.deepEqual(r.money.unpriced, ["large"]);
  });

  it("takes what a judge said then for what it would say, and else the policy's choice", () => {
    const doubtful = { score: 0.45, weak: 0.8, strong: 0.85 }; // the policy would save the money
    const traces = [
      request(1, { features: doubtful, model: "large", judged: true }),
      request(2, { features: doubtful, model: "small" }),
    ].map(traceOf);
    const judging = snapshot({ judge: "small" });
    const r = run(traces, judging, snapshot({ band: [0.9, 0.9] }));
    assert.deepEqual(r.changes, [{ now: "large", policy: "small", requests: 1 }]);
    assert.deepEqual(r.traces.undecided, { now: 1, policy: 0 });
  });

  it("lets a conversation's last model be the one that the policy chose", () => {
    // Hard at first, doubtful then: the policy that escalated once is nearer to staying with the large model.
    const talk = { session: "s", model: "small" } as const;
    const history = { tokens: 30_000, history: 29_900, last: "small", weak: 0.75, strong: 0.76, score: 0.5 };
    const traces = [
      request(1, { ...talk, features: { score: 0.8 } }),
      request(2, { ...talk, features: history, tokens: { input: 30_000, cachedInput: 29_900, output: 10 } }),
    ].map(traceOf);
    const models = { small: model("economy", { ...dear, input: 2.9 }), large: model("premium", dear) };
    const primaryAlways = snapshot({ band: [1, 1] }, models);
    const r = run(traces, primaryAlways, snapshot({ band: [0.4, 0.6] }, models));
    assert.deepEqual(r.changes, [{ now: "small", policy: "large", requests: 2 }]);
    const first = 1_000 * 3_000 + 200 * 15_000;
    assert.equal(r.total.cost?.total.policy, first + 100 * 3_000 + 29_900 * 300 + 10 * 15_000);
  });

  it("takes who answered last as recorded where a conversation has no session, and counts how often", () => {
    const history = { tokens: 30_000, history: 29_900, last: "small", score: 0.8 };
    const tokens = { input: 30_000, cachedInput: 29_900, output: 10 };
    const r = run(
      [request(1, { features: { score: 0.8 } }), request(2, { features: history, tokens })].map(traceOf),
      snapshot({ band: [1, 1] }),
      snapshot(),
    );
    assert.equal(r.traces.unfollowed, 1);
    const first = 1_000 * 3_000 + 200 * 15_000;
    assert.equal(r.total.cost?.total.policy, first + 30_000 * 3_000 + 10 * 15_000);
  });

  it("groups by task, by client and by the model that answers now", () => {
    for (const by of ["task", "client", "model"] as const) {
      const r = run(many, snapshot(), snapshot({ quality: 0.9 }), by);
      const sum = (f: (row: (typeof r.groups)[number]) => number): number => r.groups.reduce((n, g) => n + f(g), 0);
      assert.equal(
        sum((g) => g.requests),
        r.total.requests,
      );
      const difference = sum((g) => g.cost!.total.difference);
      assert.ok(Math.abs(difference / r.total.cost!.total.difference - 1) < 1e-9);
    }
    const keys = (by: ReplayGrouping) =>
      run(many, snapshot(), snapshot(), by)
        .groups.map((g) => g.key)
        .sort();
    assert.deepEqual(keys("client"), ["agent", "editor"]);
    assert.deepEqual(keys("model"), ["large", "small"]);
  });
});

describe("the cached part of a recorded usage", () => {
  const snap = snapshot();
  const f = restored(traceOf(request(1, { features: { last: "small" } })))!;
  const u = usage(1_000, 0, { cachedInput: 900 });
  const [cached, anew] = [100 * 3_000 + 900 * 300, 1_000 * 3_000];
  const large = snap.byId.get("large")!;
  const cases: readonly [string, last: string | null, recorded: string, nanos: number][] = [
    ["is cached where the model answered last under this policy", "large", "small", cached],
    ["is cached where all is as it was", "small", "large", cached],
    ["is read anew by another model than the one recorded", "small", "small", anew],
    ["is read anew where the policy has another model's conversation", "mid", "large", anew],
  ];
  for (const [what, last, recorded, nanos] of cases)
    it(what, () => assert.equal(pricedOn({ model: large, last, undecided: false }, u, f, recorded), nanos));
});

describe("the scale of expected quality", () => {
  it("reaches from the weaker primary to the stronger escalation of both sides", () => {
    const models = { ...two, mid: model("standard", dear) };
    const low = snapshot({ escalation: "mid" }, models);
    const high = snapshot({ primary: "mid", escalation: "large" }, models);
    for (const scale of [scaleOf(low, high), scaleOf(high, low)])
      assert.deepEqual(Object.fromEntries(scale), { small: 0, mid: 0.75, large: 1 });
  });

  it("knows by the roles who is strong where the tiers don't say", () => {
    const same = { a: model("standard"), b: model("standard"), c: model("standard"), d: model("standard") };
    const now = snapshot({ primary: "a", escalation: "b" }, same);
    const policy = snapshot({ primary: "b", escalation: "c" }, same);
    assert.deepEqual(Object.fromEntries(scaleOf(now, policy)), { a: 0, b: 1, c: 1, d: 0 });
  });

  it("takes a model for what the configuration in force says of it", () => {
    const renamed = { ...two, large: model("economy", dear) };
    assert.equal(scaleOf(snapshot(), snapshot({}, renamed)).get("large"), 1);
  });
});
