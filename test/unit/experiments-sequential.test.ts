import assert from "node:assert/strict";
import { chance, normal } from "../../server/kit/chance.ts";
import { Cap, Running } from "../../server/logic/experiments/moments.ts";
import { alpha, around, compare, least, timesMore } from "../../server/logic/experiments/sequential.ts";

type Draw = (random: () => number, arm: "a" | "b") => { readonly value: number; readonly unit?: string };
interface World {
  readonly draw: () => Draw;
  /** The second arm's. */
  readonly share?: number;
  readonly values?: number;
  readonly seeds?: number;
}

/** The share of runs in which somebody who looks after every value finds a difference, and after how many values on average. */
function found({ draw, share = 0.5, values = 2_000, seeds = 300 }: World): { part: number; after: number } {
  let [hits, sum] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const random = chance(seed * 7919);
    const one = draw();
    const arms = { a: new Running(), b: new Running() };
    const caps = { a: new Cap(), b: new Cap() };
    for (let i = 1; i <= values; i++) {
      const arm = random() < share ? "b" : "a";
      const { value, unit = null } = one(random, arm);
      arms[arm].add(caps[arm].of(value), unit);
      const t = compare(arms.b.moments, arms.a.moments, alpha);
      if (t === null || t.p > alpha) continue;
      hits++;
      sum += i;
      break;
    }
  }
  return { part: hits / seeds, after: hits === 0 ? 0 : sum / hits };
}

const same = (f: (random: () => number) => number) => (): Draw => (random) => ({ value: f(random) });
const bernoulli = (p: number) => same((random) => (random() < p ? 1 : 0));

/** Each unit has a mean of its own, and keeps its arm. */
const clustered = (count: number) => (): Draw => {
  const own = new Map<string, number>();
  return (random, arm) => {
    const unit = `${arm}${Math.floor((random() * count) / 2)}`;
    const mean = own.get(unit) ?? normal(random);
    own.set(unit, mean);
    return { value: mean + normal(random), unit };
  };
};

describe("the sequential test", () => {
  const worlds: Readonly<Record<string, World>> = {
    "normal values": { draw: same(normal) },
    "rewards of which half are 1": { draw: bernoulli(0.5) },
    "rewards of which nearly all are 1": { draw: bernoulli(0.98) },
    "the same with a tenth of the traffic": { draw: bernoulli(0.98), share: 0.1 },
    "… and with nine tenths": { draw: bernoulli(0.98), share: 0.9 },
    "skewed costs with a tenth of the traffic": { draw: same((r) => Math.exp(2 * normal(r))), share: 0.1 },
    "a tail so heavy that it has no variance": { draw: same((r) => (1 - r()) ** (-1 / 1.2)), share: 0.3 },
    "60 conversations, each of its own kind": { draw: clustered(60) },
    "400 of them": { draw: clustered(400) },
  };
  for (const [name, world] of Object.entries(worlds))
    it(`finds no difference where there is none in 95 of 100 runs, looking after every value: ${name}`, () => {
      assert.ok(found(world).part <= alpha);
    });

  it("finds a true difference, and the greater the sooner", () => {
    const apart =
      (by: number): Draw =>
      (random, arm) => ({ value: normal(random) + (arm === "b" ? by : 0) });
    const some = found({ draw: () => apart(0.2), values: 5_000, seeds: 60 });
    const much = found({ draw: () => apart(0.8), values: 5_000, seeds: 60 });
    assert.equal(some.part, 1);
    assert.equal(much.part, 1);
    assert.ok(much.after < some.after / 3);
  });

  it("covers the true difference with its interval at every look in 95 of 100 runs", () => {
    let missed = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = chance(seed * 104_729);
      const [a, b] = [new Running(), new Running()];
      for (let i = 0; i < 1_000; i++) {
        a.add(normal(random), null);
        b.add(normal(random) + 0.3, null);
        const t = compare(b.moments, a.moments, alpha);
        if (t === null || (t.low <= 0.3 && 0.3 <= t.high)) continue;
        missed++;
        break;
      }
    }
    assert.ok(missed / 300 <= alpha, String(missed));
  });

  const arm = (values: readonly number[], unit: (i: number) => string | null = () => null) => {
    const running = new Running();
    values.forEach((v, i) => {
      running.add(v, unit(i));
    });
    return running.moments;
  };
  const many = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

  it("says nothing of few values, or of many from few", () => {
    assert.equal(compare(arm(many(least.values - 1, 1)), arm(many(500, 0)), alpha), null);
    assert.equal(
      compare(
        arm(many(500, 1), (i) => `u${i % (least.units - 1)}`),
        arm(many(500, 0)),
        alpha,
      ),
      null,
    );
    assert.notEqual(
      compare(
        arm(many(500, 1), (i) => `u${i % least.units}`),
        arm(many(500, 0)),
        alpha,
      ),
      null,
    );
  });

  it("tells constant values apart, and equal ones not", () => {
    assert.equal(compare(arm(many(100, 2)), arm(many(100, 2)), alpha)?.p, 1);
    const t = compare(arm(many(100, 3)), arm(many(100, 2)), alpha)!;
    assert.ok(t.p < 1e-6 && t.low > 0 && t.low < 1 && t.high > 1);
  });

  it("its interval leaves 0 out exactly where its p-value is below the error", () => {
    const random = chance(5);
    const [a, b] = [new Running(), new Running()];
    for (let i = 0; i < 2_000; i++) {
      a.add(normal(random), null);
      b.add(normal(random) + 0.15, null);
      const t = compare(b.moments, a.moments, alpha);
      if (t) assert.equal(t.low > 0 || t.high < 0, t.p <= alpha);
    }
  });

  it("takes requests of one conversation for one opinion", () => {
    const values = Array.from({ length: 600 }, (_, i) => (i % 30 < 18 ? 1 : 0));
    const others = Array.from({ length: 600 }, (_, i) => (i % 30 < 13 ? 1 : 0));
    assert.ok(compare(arm(values), arm(others), alpha)!.p < alpha);
    const of30 = (i: number): string => `u${i % 30}`;
    assert.ok(compare(arm(values, of30), arm(others, of30), alpha)!.p > alpha);
  });

  it("isn't moved far by one value out of all proportion", () => {
    const cap = new Cap();
    for (let i = 0; i < 50; i++) assert.equal(cap.of(1), 1);
    assert.equal(cap.of(1e9), 20);
    assert.equal(cap.of(0), 0);
  });

  it("expects fewer further requests where the difference is greater, and none in sight where there is none", () => {
    const random = chance(3);
    const near = arm(Array.from({ length: 200 }, () => normal(random)));
    const shifted = (by: number) => ({ ...near, mean: near.mean + by });
    const times = (by: number): number | null => timesMore(compare(shifted(by), near, alpha)!, alpha);
    assert.ok(times(0.1)! > times(0.2)!);
    assert.ok(times(0.1)! > 1);
    assert.equal(times(0), null);
  });

  it("gives one arm's own mean an interval that is never narrower than what was seen allows", () => {
    const own = around(arm(many(40, 1)), alpha, 1)!;
    assert.ok(own.low < 0.95 && own.low > 0.5);
    assert.equal(around(arm(many(10, 1)), alpha, 1), null);
  });
});
