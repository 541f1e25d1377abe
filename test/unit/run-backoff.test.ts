import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fault, fault } from "../../server/domain/fault.ts";
import type { Plan } from "../../server/domain/plan.ts";
import { backoffMs, mostAskedMs } from "../../server/gateway/run/backoff.ts";
import { race } from "../support/plans.ts";
import { World, type WorldOptions } from "../support/virtual.ts";

const again = (afterMs?: number): Fault =>
  fault("upstream_error", "Not now.", { retry: "again", ...(afterMs === undefined ? {} : { afterMs }) });

/** A request to models that fail as they are told, in the order of their calls; then they answer. */
async function ask(plan: Plan, faults: readonly Fault[], ms: number, options: WorldOptions = {}) {
  let n = 0;
  const world: World = new World({
    script: () => {
      const failing = faults[n++];
      return failing ? { firstMs: 0, fails: { fault: failing } } : { firstMs: 10, chunks: 1 };
    },
    ...options,
  });
  const client = world.send(plan);
  await world.pass(ms);
  const asked = world.calls.all.map((c) => [c.model, c.openedMs] as const);
  return { world, client, asked };
}

describe("a wait before another try", () => {
  it("doubles, and is shortened by half at most", () => {
    fc.assert(
      fc.property(fc.nat(10), fc.string(), (n, id) => {
        const ms = backoffMs(n, undefined, id);
        assert.ok(ms >= 100 * 2 ** n && ms <= 200 * 2 ** n, `${ms} ms`);
      }),
    );
  });

  it("is what the provider asks for, and a tenth more at most", () => {
    fc.assert(
      fc.property(fc.nat(10), fc.nat(mostAskedMs), fc.string(), (n, asked, id) => {
        const ms = backoffMs(n, asked, id);
        assert.ok(ms >= asked && ms <= asked + Math.max(50, asked / 10), `${ms} ms`);
      }),
    );
  });

  it("is the same for the same request, and another for others", () => {
    const ids = Array.from({ length: 100 }, (_, i) => `request-${i}`);
    const waits = ids.map((id) => backoffMs(0, undefined, id));
    assert.deepEqual(
      waits,
      ids.map((id) => backoffMs(0, undefined, id)),
    );
    assert.equal(new Set(waits).size, ids.length);
    const sorted = waits.toSorted((a, b) => a - b);
    assert.ok(sorted[10]! < 120 && sorted[90]! > 180, "spread over all of its range");
  });
});

describe("trying again", () => {
  it("waits, and asks the same model", async () => {
    const { world, client, asked } = await ask(race("small", { retries: 2 }), [again()], 1_000);
    assert.deepEqual(asked, [
      ["small", 0],
      ["small", backoffMs(0, undefined, client.id)],
    ]);
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "failed"],
      ["small", "fallback", "served"],
    ]);
    const last = client.seen.findLast(({ event }) => event.type === "decision");
    assert.ok(last?.event.type === "decision");
    assert.match(last.event.decision.reason, /small failed \(upstream_error\): small answers at another try/);
  });

  it("waits as long as Retry-After says, and a little more", async () => {
    const { asked } = await ask(race("small", { retries: 1 }), [again(700)], 2_000);
    assert.ok(asked[1]![1] >= 700 && asked[1]![1] <= 770, `${asked[1]![1]} ms`);
  });

  it("leaves a wait to the client that is too long for us", async () => {
    const { client, asked } = await ask(race("small", { retries: 2 }), [again(mostAskedMs + 1)], 20_000);
    assert.equal(asked.length, 1);
    assert.ok(client.last?.type === "error" && client.last.fault.afterMs === mostAskedMs + 1);
  });

  it("prefers other models, and then the one that asks for the shortest wait", async () => {
    const plan = race("small", { others: ["twin", "large"], retries: 1 });
    const { asked } = await ask(plan, [again(900), again(300), again(600)], 2_000);
    assert.deepEqual(
      asked.map(([model]) => model),
      ["small", "twin", "large", "twin"],
    );
    assert.ok(asked[3]![1] >= 300 && asked[3]![1] <= 350);
  });

  it("gives up after as many tries as the plan allows", async () => {
    for (const retries of [0, 1, 2]) {
      const { world, client, asked } = await ask(race("small", { retries }), Array(9).fill(again()), 10_000);
      assert.equal(asked.length, 1 + retries);
      assert.ok(client.over);
      assert.equal(world.told.trace(client.id).status, "error");
    }
  });

  for (const retry of ["elsewhere", "never"] as const) {
    it(`asks nobody again who answers "${retry}"`, async () => {
      const { asked } = await ask(race("small", { retries: 2 }), [fault("upstream_error", "No.", { retry })], 10_000);
      assert.equal(asked.length, 1);
    });
  }

  it("takes a model's last word, not what it said before", async () => {
    const hopeless = fault("upstream_error", "Not here.", { retry: "elsewhere" });
    const { asked } = await ask(race("small", { retries: 2 }), [again(), hopeless], 10_000);
    assert.equal(asked.length, 2);
  });

  it("tries a timeout once more, and no more than that", async () => {
    const world = new World({ script: () => ({ firstMs: null }) });
    const client = world.send(race("small", { retries: 2 }));
    await world.pass(19_000);
    assert.ok(client.over);
    assert.ok(client.last?.type === "error" && client.last.fault.code === "upstream_timeout");
    assert.equal(world.calls.all.length, 2);
  });

  it("ends its wait at once when the client leaves", async () => {
    const { world, client } = await ask(race("small", { retries: 2 }), [again(4_000)], 1_000);
    assert.ok(!client.over);
    client.cancel();
    await world.turn();
    assert.ok(client.over);
    assert.equal(world.clock.pending, 0);
    await world.pass(10_000);
    assert.equal(world.calls.all.length, 1);
    assert.equal(world.told.trace(client.id).status, "cancelled");
  });

  it("doesn't wait beyond the request's time: the failure is told at once", async () => {
    const { client, asked } = await ask(race("small", { retries: 2 }), [again(2_000)], 0, { deadlineMs: 1_500 });
    assert.equal(asked.length, 1);
    assert.ok(client.over, "not after the wait");
    assert.ok(client.last?.type === "error" && client.last.fault.code === "upstream_error");
  });
});
