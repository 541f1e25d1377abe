import assert from "node:assert/strict";
import { chance } from "../../server/kit/chance.ts";
import { Medians } from "../../server/lab/medians.ts";
import { Paired } from "../../server/lab/paired.ts";
import { poisson } from "../../server/lab/poisson.ts";

describe("the intervals of a replay", () => {
  /** As costs are: most small, few large. */
  const skewed = (random: () => number): number => -Math.log(1 - random());

  /** In how many of 300 samples the interval of the mean holds the true difference. */
  function coverage(most: number, n: number): number {
    const random = chance(11);
    let held = 0;
    for (let sample = 0; sample < 300; sample++) {
      const paired = new Paired(most);
      for (let i = 0; i < n; i++) {
        const now = skewed(random);
        paired.add(now, now + 0.5 * skewed(random) - 0.2); // 0.3 more on average
      }
      const { low, high } = paired.mean()!;
      if (low <= 0.3 && high >= 0.3) held++;
    }
    return held / 300;
  }

  for (const [how, most] of [
    ["drawing the requests anew", 10_000],
    ["the normal distribution", 10],
  ] as const) {
    it(`hold the true difference in some 95 of 100 samples, by ${how}`, () => {
      const share = coverage(most, 150);
      assert.ok(share > 0.91 && share < 0.985, String(share));
    });
  }

  it("are the same in every run, and about the same by both ways", () => {
    const filled = (most: number): Paired => {
      const random = chance(3);
      const paired = new Paired(most);
      for (let i = 0; i < 4_000; i++) paired.add(skewed(random), 2 * skewed(random));
      return paired;
    };
    const [drawn, again, normal] = [10_000, 10_000, 100].map((most) => filled(most).mean()!);
    assert.deepEqual(drawn, again);
    assert.equal(drawn!.difference, normal!.difference);
    assert.ok(Math.abs(drawn!.low - normal!.low) < 0.02, `${drawn!.low} ${normal!.low}`);
    assert.ok(Math.abs(drawn!.high - normal!.high) < 0.02, `${drawn!.high} ${normal!.high}`);
  });

  it("are nothing but 0 where nothing differs", () => {
    for (const most of [1_000, 10]) {
      const paired = new Paired(most);
      const medians = new Medians();
      for (let i = 0; i < 100; i++) {
        paired.add(i / 7, i / 7);
        medians.add(i % 3, i % 3);
      }
      const { difference, low, high } = paired.mean()!;
      assert.deepEqual([difference, low, high], [0, 0, 0]);
      const { difference: d, low: l, high: h } = medians.median()!;
      assert.deepEqual([d, l, h], [0, 0, 0]);
    }
  });

  it("are told of one request, and of none nothing", () => {
    const paired = new Paired(10);
    const medians = new Medians();
    assert.equal(paired.mean(), null);
    assert.equal(medians.median(), null);
    paired.add(1, 3);
    medians.add(1, 3);
    assert.deepEqual(paired.mean(), { now: 1, policy: 3, difference: 2, low: 2, high: 2 });
    assert.deepEqual(medians.median(), { now: 1, policy: 3, difference: 2, low: 2, high: 2 });
  });

  it("of a median reach over the values that it may have", () => {
    const medians = new Medians();
    for (let i = 0; i < 51; i++) medians.add(100, 400);
    for (let i = 0; i < 49; i++) medians.add(100, 100);
    const { now, policy, low, high } = medians.median()!;
    assert.deepEqual({ now, policy, low, high }, { now: 100, policy: 400, low: 0, high: 300 }); // as good as even
    for (let i = 0; i < 400; i++) medians.add(100, 400);
    assert.deepEqual(medians.median(), { now: 100, policy: 400, difference: 300, low: 300, high: 300 });
  });

  it("draw from a Poisson distribution of the right mean and variance", () => {
    for (const mean of [0.5, 4, 200]) {
      const random = chance(5);
      const drawn = Array.from({ length: 20_000 }, () => poisson(mean, random));
      const m = drawn.reduce((a, b) => a + b) / drawn.length;
      const variance = drawn.reduce((sum, n) => sum + (n - m) ** 2, 0) / drawn.length;
      assert.ok(Math.abs(m / mean - 1) < 0.03, `${m}`);
      assert.ok(Math.abs(variance / mean - 1) < 0.05, `${variance}`);
    }
  });
});
