import assert from "node:assert/strict";
import { chance } from "../../server/kit/chance.ts";
import { reportOf } from "../../server/logic/experiments/report.ts";
import { type Seen, Tally } from "../../server/logic/experiments/tally.ts";
import { experimentSchema } from "../../server/protocol/experiment-config.ts";

const parse = (more: object = {}) =>
  experimentSchema.parse({
    name: "e",
    unit: "request",
    arms: [{ strategy: "control" }, { name: "other", strategy: "adaptive", share: 0.5 }],
    ...more,
  });
const start = Date.UTC(2026, 10, 21);
const seen = (arm: number, i: number, more: Partial<Seen> = {}): Seen => ({
  at: start + i,
  arm,
  unit: null,
  failed: false,
  usd: 0.001,
  ms: 100,
  reward: null,
  ...more,
});

/** Adds `n` requests, in turns. */
function tallied(n: number, of: (arm: number, i: number) => Partial<Seen>, more: object = {}) {
  const e = parse(more);
  const tally = new Tally(e);
  for (let i = 0; i < n; i++) {
    const arm = i % e.arms.length;
    tally.add(seen(arm, i, of(arm, i)));
  }
  const standing = { state: "running", shares: e.arms.map(() => 1 / e.arms.length), cut: false } as const;
  return { tally, report: reportOf(e, tally, standing) };
}

describe("an experiment's report", () => {
  it("counts what it knows of each arm and says of how many it doesn't", () => {
    const { report } = tallied(100, (arm, i) => ({
      failed: arm === 1 && i < 10,
      usd: i < 20 ? null : arm === 0 ? 0.002 : 0.004,
      ms: i < 40 ? null : 100 + i,
      reward: i < 90 ? null : 1,
    }));
    const [first, other] = report.arms;
    assert.deepEqual([first?.name, first?.requests, first?.errors, first?.units], ["control", 50, 0, 50]);
    assert.deepEqual([other?.name, other?.requests, other?.errors], ["other", 50, 5]);
    assert.deepEqual([first?.usd.known, other?.usd.known], [40, 40]);
    assert.ok(Math.abs(other!.usd.mean! - 0.004) < 1e-12);
    assert.deepEqual(first?.firstTokenMs, { known: 30, p50: 168, mean: 169 });
    assert.deepEqual(first?.reward, { known: 5, mean: 1, low: null, high: null });
    assert.equal(first?.versus, null);
  });

  it("names no winner while too little is known, and says what is missing", () => {
    const { report } = tallied(200, (_arm, i) => ({ reward: i < 24 ? 1 : null }));
    assert.equal(report.verdict.winner, null);
    assert.match(report.verdict.says, /No winner yet: an arm needs 30 rewards of 20 requests; control has 12 of 12/);
  });

  it("says that clients are few, and what gives more", () => {
    const { report } = tallied(400, () => ({ reward: 1, unit: "one" }), { unit: "client" });
    assert.match(report.verdict.says, /control has 200 of 1 client, .*"unit": "session"/);
  });

  it("names the arm that is better by the metric, in the direction that is good", () => {
    const random = chance(1);
    const rewards = (arm: number) => ({ reward: random() < (arm === 0 ? 0.5 : 0.8) ? 1 : 0 });
    const better = tallied(800, rewards).report;
    assert.equal(better.verdict.winner, "other");
    assert.match(better.verdict.says, /other wins: better rewarded than control/);
    assert.ok(better.arms[1]!.versus!.low > 0 && better.arms[1]!.versus!.p <= better.errorShare);

    const costs = (arm: number) => ({ usd: 0.001 * (1 + random() + (arm === 0 ? 0 : 1)) });
    assert.equal(tallied(800, costs, { metric: "cost" }).report.verdict.winner, "control");
    assert.equal(
      tallied(800, (arm) => ({ ms: 300 - 100 * arm }), { metric: "latency" }).report.verdict.winner,
      "other",
    );
  });

  it("names none where there is no difference, and guesses how many requests more where there is a small one", () => {
    const random = chance(2);
    const same = tallied(600, () => ({ reward: random() < 0.5 ? 1 : 0 })).report.verdict;
    assert.equal(same.winner, null);
    const r2 = chance(4);
    const slight = tallied(600, (arm) => ({ reward: r2() < 0.5 + 0.08 * arm ? 1 : 0 })).report.verdict;
    assert.equal(slight.winner, null);
    assert.ok(slight.moreRequests! > 100, String(slight.moreRequests));
    assert.match(slight.says, /estimate/);
  });

  it("shares the error among the arms", () => {
    const arms = [
      { strategy: "control" },
      ...["a", "b", "c"].map((name) => ({ name, strategy: "by-task", share: 0.2 })),
    ];
    assert.equal(tallied(10, () => ({}), { arms }).report.errorShare, 0.05 / 3);
  });
});

describe("an experiment's guardrails", () => {
  it("stop an arm whose requests fail, and no winner is made of it", () => {
    const { report } = tallied(400, (arm, i) => ({ failed: arm === 1 && i % 4 === 1, reward: arm }));
    const { stopped } = report.arms[1]!;
    assert.equal(stopped?.guardrail, "errors");
    assert.match(stopped.why, /of its requests failed/);
    assert.ok(Date.parse(stopped.at) < start + 400);
    assert.equal(report.verdict.winner, "control");
    assert.match(report.verdict.says, /ran into a guardrail/);
  });

  it("stop an arm that costs or waits a multiple of the first's, and none that is dearer by less", () => {
    const random = chance(3);
    const about = (x: number): number => x * (0.5 + random());
    const guardrail = (of: (arm: number) => Partial<Seen>) => tallied(600, of).report.arms[1]!.stopped?.guardrail;
    assert.equal(
      guardrail((arm) => ({ usd: about(arm === 0 ? 0.001 : 0.005) })),
      "cost",
    );
    assert.equal(
      guardrail((arm) => ({ ms: about(arm === 0 ? 100 : 500) })),
      "latency",
    );
    assert.equal(
      guardrail((arm) => ({ usd: about(arm === 0 ? 0.001 : 0.0025) })),
      undefined,
    );
    assert.equal(
      guardrail((arm) => ({ usd: arm === 0 ? 0 : 0.01 })),
      undefined,
      "no ratio to what is free",
    );
  });

  it("are hit by chance in at most 5 of 100 experiments, looked at after every request", () => {
    let hits = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = chance(seed * 31);
      const one = () => ({ failed: random() < 0.04, usd: Math.exp(4 * random()), ms: Math.exp(4 * random()) });
      const limits = { errorShare: 0, costRatio: 1, latencyRatio: 1 };
      if (tallied(1_500, one, { guardrails: limits }).tally.arms[1]!.stopped) hits++;
    }
    assert.ok(hits <= 10, String(hits));
  });

  it("stay hit whatever comes after: the same requests always stop the same arm at the same one", () => {
    const e = parse();
    const tally = new Tally(e);
    for (let i = 0; i < 120; i++) tally.add(seen(i % 2, i, { failed: i % 2 === 1 }));
    const { at } = tally.arms[1]!.stopped!;
    for (let i = 120; i < 200; i++) tally.add(seen(i % 2, i, { failed: i % 2 === 1 }));
    for (let i = 200; i < 2_000; i++) tally.add(seen(0, i, { failed: true }));
    for (let i = 2_000; i < 2_400; i++) tally.add(seen(1, i));
    assert.equal(tally.arms[1]!.stopped?.at, at);
  });
});
