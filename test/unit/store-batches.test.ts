import assert from "node:assert/strict";
import { Batches } from "../../server/io/store/batches.ts";
import { HeldClock } from "../support/facts.ts";

describe("batches", () => {
  const made = (broken = () => false) => {
    const clock = new HeldClock();
    const written: number[][] = [];
    const dropped: number[] = [];
    const states: (string | null)[] = [];
    const batches = new Batches<number>({
      clock,
      write: (slice) => {
        if (broken()) throw new Error("full");
        written.push([...slice]);
      },
      drop: (items) => void dropped.push(...items),
      state: (failure) => void states.push(failure === null ? null : (failure as Error).message),
      final: { is: () => true, enough: Number.POSITIVE_INFINITY },
      delayMs: 40,
      slice: 3,
      limit: 6,
    });
    return { batches, clock, written, dropped, states };
  };

  it("writes together what came within the delay", () => {
    const { batches, clock, written } = made();
    batches.push(1);
    clock.pass(30);
    batches.push(2);
    assert.deepEqual(written, []);
    clock.pass(10);
    assert.deepEqual(written, [[1, 2]]);
    batches.push(3);
    clock.pass(40);
    assert.deepEqual(written, [[1, 2], [3]]);
  });

  it("lets others run between slices", async () => {
    const { batches, clock, written } = made();
    for (let i = 0; i < 5; i++) batches.push(i);
    clock.pass(40);
    assert.deepEqual(written, [[0, 1, 2]]);
    await new Promise((next) => setImmediate(next));
    assert.deepEqual(written, [
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it("writes all of it, in order, when it is flushed or closed", () => {
    const { batches, clock, written } = made();
    for (let i = 0; i < 5; i++) batches.push(i);
    batches.flush();
    assert.deepEqual(written.flat(), [0, 1, 2, 3, 4]);
    clock.pass(1_000);
    batches.push(5);
    batches.close();
    assert.deepEqual(written.flat(), [0, 1, 2, 3, 4, 5]);
  });

  it("keeps what couldn't be written, tries again, and says both", () => {
    let broken = true;
    const { batches, clock, written, states } = made(() => broken);
    batches.push(1);
    clock.pass(40);
    batches.push(2);
    broken = false;
    clock.pass(60_000);
    assert.deepEqual(written, [[1, 2]]);
    assert.deepEqual(states, ["full", null]);
  });

  it("tries ever more seldom while writing fails", () => {
    const { batches, clock, states } = made(() => true);
    batches.push(1);
    clock.pass(300_000);
    assert.ok(states.length > 5 && states.length < 75, String(states.length));
  });

  it("drops the oldest at the limit while writing fails, and never holds more", () => {
    const { batches, clock, dropped } = made(() => true);
    for (let i = 0; i < 7; i++) {
      batches.push(i);
      clock.pass(40);
    }
    assert.deepEqual(dropped, [0, 1, 2]);
    assert.deepEqual(batches.waiting, [3, 4, 5, 6]);
  });

  it("writes at the limit rather than drop while writing works", () => {
    const { batches, written, dropped } = made();
    for (let i = 0; i < 7; i++) batches.push(i);
    assert.deepEqual([written, dropped], [[[0, 1, 2]], []]);
  });

  it("gives up at its end what still can't be written", () => {
    const { batches, clock, dropped } = made(() => true);
    batches.push(1);
    clock.pass(40);
    batches.push(2);
    batches.close();
    assert.deepEqual([dropped, batches.waiting], [[1, 2], []]);
  });
});
