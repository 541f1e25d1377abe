import assert from "node:assert/strict";
import fc from "fast-check";
import { type Item, itemsOf } from "../../scripts/eval/data.ts";
import { calibrationError, measure, rank } from "../../scripts/eval/metrics.ts";
import { print } from "../../scripts/eval/print.ts";
import { reportOn } from "../../scripts/eval/report.ts";
import { drawsOf, intervalOf } from "../../scripts/eval/resample.ts";
import { baselines } from "../../scripts/eval/routers.ts";

const item = (weak: number, strong: number, more: Partial<Item> = {}): Item => ({
  id: "i",
  source: "s",
  prompt: "p",
  weak,
  strong,
  weakCost: 0.1,
  strongCost: 1,
  group: "g",
  ...more,
});
const of = (items: readonly Item[], scores: readonly number[], counts: readonly number[] | null = null) =>
  measure(
    items,
    rank(
      Float64Array.from(scores),
      items.map((_, i) => i),
    ),
    counts && Uint16Array.from(counts),
  );
const near = (value: number, wanted: number, what?: string) =>
  assert.ok(Math.abs(value - wanted) < 1e-9, `${what ?? ""} ${value}, not ${wanted}`);

/** One that only the strong model gets right, one that both do. */
const pair = [item(0, 1), item(1, 1)];

describe("the evaluation of a router", () => {
  it("measures hand-made curves", () => {
    // PGR over calls: 0, 1, 1; its area 0.25 + 0.5.
    const right = of(pair, [0.9, 0.1]);
    near(right.apgr, 0.75, "apgr");
    near(right.cpt50, 0.25, "cpt50");
    near(right.cpt80, 0.4, "cpt80");
    near(right.auc, 1, "auc");
    near(right.cost95, (0.2 + 0.9 * 0.9) / 2, "cost95"); // 1.9 of 2 needs 0.9 of the first item's upgrade
    const wrong = of(pair, [0.1, 0.9]);
    near(wrong.apgr, 0.25, "apgr");
    near(wrong.cpt50, 0.75, "cpt50");
    near(wrong.auc, 0, "auc");
    near(wrong.cost95, (0.2 + 0.9 + 0.9 * 0.9) / 2, "cost95");
  });

  it("lets losses count, and takes the first share that recovers enough", () => {
    // Gains 1, −1, 1 over a gap of 1: PGR 0, 1, 0, 1.
    const m = of([item(0, 1), item(1, 0), item(0, 1)], [3, 2, 1]);
    near(m.apgr, (0.5 + 0.5 + 0.5) / 3);
    near(m.cpt80, 0.8 / 3);
  });

  it("averages ties over all their orders", () => {
    const outcome = fc.record({
      weak: fc.constantFrom(0, 0.5, 1),
      strong: fc.constantFrom(0.5, 1),
      score: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 5 }), (drawn) => {
        const items = drawn.map(({ weak, strong }) => item(weak, strong));
        const all = permutations(items.length).map((p) =>
          of(
            items,
            drawn.map(({ score }, i) => score + p[i]! / 100),
          ),
        );
        const m = of(
          items,
          drawn.map(({ score }) => score),
        );
        for (const name of ["apgr", "auc"] as const) {
          const mean = all.reduce((sum, one) => sum + one[name], 0) / all.length;
          assert.ok(Number.isNaN(m[name]) ? Number.isNaN(mean) : Math.abs(m[name] - mean) < 1e-9, name);
        }
      }),
      { numRuns: 200, seed: 6 },
    );
    const tied = of(pair, [0, 0]);
    assert.deepEqual([tied.apgr, tied.cpt50, tied.cpt80, tied.auc], [0.5, 0.5, 0.8, 0.5]);
  });

  it("counts an item as often as it was drawn", () => {
    const drawn = of([...pair, item(0, 0.5)], [3, 2, 1], [2, 0, 1]);
    assert.deepEqual(drawn, of([item(0, 1), item(0, 1), item(0, 0.5)], [3, 3, 1]));
  });

  it("has no figure where the strong model gains nothing", () => {
    const { apgr, cpt50, auc, cost95 } = of([item(1, 1), item(0, 0)], [1, 0]);
    assert.deepEqual([apgr, cpt50, auc], [Number.NaN, Number.NaN, Number.NaN]);
    near(cost95, 0.1, "the weak model is good enough");
  });

  it("measures calibration against the gain, in 15 bins", () => {
    const error = (scores: readonly number[], items = pair) => calibrationError(items, Float64Array.from(scores));
    near(error([0.9, 0.1]), 0.1);
    near(error([1, 0]), 0);
    near(error([0.5, 0.5]), 0); // in one bin, and right on average
    near(error([0.5, 0.5], [item(1, 0), item(1, 0)]), 0.5, "a loss is no gain");
  });

  it("adds up sources whose costs have other units, and takes 1 : 10 where none is known", () => {
    const line = (source: string, weak: number | null, strong: number | null) => ({
      id: source,
      source,
      prompt: "p",
      weak: { score: 0, cost: weak },
      strong: { score: 1, cost: strong },
    });
    const items = itemsOf([line("a", null, 3), line("b", 0.001, 0.01), line("b", 0.003, 0.03)]);
    const costs = items.map((i) => [i.weakCost, i.strongCost]);
    for (const [i, [weak, strong]] of [
      [0.1, 1],
      [0.05, 0.5],
      [0.15, 1.5],
    ].entries()) {
      near(costs[i]![0]!, weak!);
      near(costs[i]![1]!, strong!);
    }
  });

  it("draws whole groups, the same for the same seed", () => {
    const groups = ["a", "b", "a", "c"];
    const { counts, groups: n } = drawsOf(groups, 50, 1);
    assert.equal(n, 3);
    for (const times of counts) {
      assert.equal(times[0], times[2]);
      assert.equal(times[0]! + times[1]! + times[3]!, 3);
    }
    assert.deepEqual(counts, drawsOf(groups, 50, 1).counts);
    assert.notDeepEqual(counts, drawsOf(groups, 50, 2).counts);
    assert.deepEqual(intervalOf(Array.from({ length: 1001 }, (_, i) => i)), [25, 975]);
    assert.equal(intervalOf([1, Number.NaN]), null);
  });

  it("reports pooled, by source and over sources, beside the baselines", () => {
    const items = Array.from({ length: 120 }, (_, i) =>
      item(i % 3 === 0 ? 0 : 1, 1, {
        source: i % 4 === 0 ? "a" : "b",
        group: `g${i}`,
        prompt: "x".repeat(i % 3 === 0 ? 150 : i),
      }),
    );
    const report = reportOn(items, baselines(items), { resamples: 40, seed: 1, baseline: "length" });
    const [random, length, heuristic, oracle] = report.routers;
    assert.deepEqual(
      report.sources.map((s) => [s.source, s.items]),
      [
        ["a", 30],
        ["b", 90],
      ],
    );
    near(random!.all.apgr.value, 0.5);
    assert.equal(length!.all.apgr.difference, null);
    near(oracle!.all.apgr.difference!.value, oracle!.all.apgr.value - length!.all.apgr.value);
    const [from, to] = heuristic!.all.apgr.interval!;
    assert.ok(from < heuristic!.all.apgr.value && heuristic!.all.apgr.value < to);
    const { a, b } = oracle!.sources;
    near(oracle!.mean.apgr.value, (a!.apgr.value + b!.apgr.value) / 2);
    near(oracle!.weighted.apgr.value, (30 * a!.apgr.value + 90 * b!.apgr.value) / 120);
    assert.match(print(report), /pooled: 120 items[\s\S]*oracle[\s\S]*APGR by source/);
  });
});

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((p) =>
    Array.from({ length: n }, (_, i) => [...p.slice(0, i), n - 1, ...p.slice(i)]),
  );
}
