import assert from "node:assert/strict";
import fc from "fast-check";
import { feedbackWith, rewards } from "../../server/domain/reward.ts";
import { Learned, seedOf, usual } from "../../server/logic/routing/learned.ts";
import { type Observation, sumUp } from "../../server/logic/routing/sums.ts";
import { signals, type Task, type TraceFeedback } from "../../server/protocol/trace.ts";

const seen = (task: Task, model: string, reward: number, times: number, expected = 0.7): Observation[] =>
  Array.from({ length: times }, () => ({ task, model, expected, reward }));

/** The mean shift of many requests. */
const meanShift = (l: Learned, task: Task, model: string): number => {
  let sum = 0;
  for (let i = 0; i < 500; i++) sum += l.shift(task, model, seedOf(`r${i}`));
  return sum / 500;
};

describe("what is learned", () => {
  const observation = fc.record({
    task: fc.constantFrom<Task>("fix", "explain", "write"),
    model: fc.constantFrom("a", "b", "c"),
    expected: fc.double({ min: 0, max: 1, noNaN: true }),
    reward: fc.constantFrom(0, 0.3, 0.7, 1),
  });

  it("moves nothing further than its bound, whatever people do", () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 120 }), fc.integer(), (observations, seed) => {
        const l = Learned.of(observations);
        for (const task of ["fix", "explain", "write", "shell"] as const)
          for (const model of ["a", "b", "c", "d"]) {
            const shift = l.shift(task, model, seed);
            assert.ok(Math.abs(shift) <= usual.bound, `${shift}`);
          }
        for (const row of l.rows) assert.ok(Math.abs(row.shift) <= usual.bound, `${row.shift}`);
      }),
    );
  });

  it("lowers a model whose answers are undone, and raises it again when they are kept", () => {
    const undone = seen("fix", "a", 0, 20);
    const after = Learned.of(undone);
    assert.ok(meanShift(after, "fix", "a") < -0.2);
    const kept = Learned.of([...undone, ...seen("fix", "a", 1, 200)]);
    assert.ok(meanShift(kept, "fix", "a") > 0);
  });

  it("is of the task first: another one hardly moves", () => {
    const good = ["explain", "write", "shell"].flatMap((task) => seen(task as Task, "a", 0.7, 30));
    const l = Learned.of([...good, ...seen("fix", "a", 0, 30), ...seen("explain", "b", 0.7, 30)]);
    assert.ok(meanShift(l, "fix", "a") < -0.2);
    assert.ok(Math.abs(meanShift(l, "explain", "a")) < 0.1);
  });

  it("of one task says little of the others, however much there is of it", () => {
    const l = Learned.of(seen("fix", "a", 0, 500));
    assert.ok(meanShift(l, "fix", "a") < -0.25);
    const elsewhere = meanShift(l, "explain", "a");
    assert.ok(elsewhere < -0.03 && elsewhere > -0.11, `${elsewhere}`);
    assert.ok(Math.abs(meanShift(l, "fix", "b")) < 0.01);
  });

  it("says nothing of one model where people are strict with all of them", () => {
    const strict = (["fix", "explain"] as const).flatMap((task) =>
      ["a", "b"].flatMap((model) => seen(task, model, 0.4, 60)),
    );
    const l = Learned.of(strict);
    for (const model of ["a", "b"]) assert.ok(Math.abs(meanShift(l, "fix", model)) < 0.03);
    assert.ok(Math.abs(meanShift(l, "write", "c")) < 0.03);
  });

  it("is nothing after a single answer", () => {
    for (const reward of [0, 1])
      assert.ok(Math.abs(meanShift(Learned.of(seen("fix", "a", reward, 1)), "fix", "a")) < 0.01);
  });

  it("is drawn the same for the same request, and differently for others", () => {
    const l = Learned.of(seen("fix", "a", 0.4, 5));
    const draws = Array.from({ length: 100 }, (_, i) => l.shift("fix", "a", seedOf(`r${i}`)));
    const again = Learned.of(seen("fix", "a", 0.4, 5));
    assert.deepEqual(
      draws,
      draws.map((_, i) => again.shift("fix", "a", seedOf(`r${i}`))),
    );
    assert.ok(new Set(draws).size > 10, "one draw for all");
  });

  it("is listed with what it was made of, the most judged first", () => {
    const l = Learned.of([...seen("fix", "a", 1, 2, 0.8), ...seen("explain", "b", 0.3, 3, 0.6)]);
    const rows = l.rows.map(({ shift, ...row }) => ({
      ...row,
      weight: row.weight.toFixed(2),
      shift: Math.abs(shift) <= 0.4,
    }));
    assert.deepEqual(rows, [
      { task: "explain", model: "b", answers: 3, weight: "2.97", expected: 0.6, reward: 0.3, shift: true },
      { task: "fix", model: "a", answers: 2, weight: "1.99", expected: 0.8, reward: 1, shift: true },
    ]);
    assert.equal(Learned.of([]).empty, true);
    assert.equal(Learned.of([]).shift("fix", "a", 1), Learned.of([]).shift("explain", "a", 1));
  });
});

describe("discounted sums", () => {
  it("weigh the nth answer from the end by the nth power, whoever of the task's models gave it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom(0, 1)), { maxLength: 60 }),
        (answers) => {
          const sums = sumUp(
            answers.map(([model, reward]) => ({ task: "fix" as const, model, expected: 0.5, reward })),
            0.9,
          );
          for (const model of ["a", "b"]) {
            let [weight, reward, count] = [0, 0, 0];
            answers.forEach(([m, r], i) => {
              if (m !== model) return;
              const w = 0.9 ** (answers.length - 1 - i);
              count++;
              weight += w;
              reward += w * r;
            });
            const sum = sums.find((s) => s.model === model);
            assert.equal(sum?.answers ?? 0, count);
            assert.ok(Math.abs((sum?.weight ?? 0) - weight) < 1e-9);
            assert.ok(Math.abs((sum?.reward ?? 0) - reward) < 1e-9);
            assert.ok(Math.abs((sum?.expected ?? 0) - weight / 2) < 1e-9);
          }
        },
      ),
    );
  });

  it("of one task aren't touched by another", () => {
    const [fix] = sumUp([...seen("fix", "a", 1, 3), ...seen("write", "a", 0, 50)], 0.5);
    assert.equal(fix?.weight, 1.75);
  });
});

describe("the reward of an answer", () => {
  it("is the same in whatever order signals come, and however often", () => {
    const fold = (list: readonly (typeof signals)[number][]): TraceFeedback | null =>
      list.reduce<TraceFeedback | null>(
        (before, signal) => feedbackWith(before, signal, "2026-11-21T10:00:00.000Z"),
        null,
      );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...signals), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat()),
        (list, swaps) => {
          const other = [...list];
          swaps.forEach((at, i) => {
            const [a, b] = [at % other.length, i % other.length];
            [other[a], other[b]] = [other[b]!, other[a]!];
          });
          const [one, two] = [fold(list)!, fold(other)!];
          assert.equal(one.reward, two.reward);
          assert.equal(one.reward, Math.min(...list.map((s) => rewards[s])));
          assert.deepEqual(new Set(one.signals.map((s) => s.signal)), new Set(list));
          assert.equal(one.signals.length, new Set(list).size);
          assert.equal(two.signals.length, one.signals.length);
        },
      ),
    );
  });
});
