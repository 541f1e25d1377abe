import assert from "node:assert/strict";
import { fault } from "../../server/domain/fault.ts";
import { call, race } from "../support/plans.ts";
import { timeouts, World } from "../support/virtual.ts";

describe("an attempt", () => {
  it("has been served even when its answer is empty", async () => {
    const world = new World();
    const client = world.send(race("small"));
    world.calls.all[0]!.doneEmpty();
    await world.turn();
    const trace = world.told.trace(client.id);
    assert.deepEqual([trace.status, trace.attempts[0]!.outcome], ["ok", "served"]);
    assert.deepEqual([trace.cost.wasteNanos, trace.ttftMs], [0, null]);
    assert.ok(trace.usage);
  });

  it("has failed when its provider's stream ends without a word", async () => {
    const world = new World();
    const client = world.send(race("small", { others: ["large"] }));
    world.calls.all[0]!.vanish();
    await world.turn();
    world.calls.all[1]!.done();
    await world.turn();
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "failed"],
      ["large", "fallback", "served"],
    ]);
  });

  it("is cancelled, not wasted, when who reads it leaves", async () => {
    const world = new World();
    const client = world.send(call("small"), { reads: 4 });
    world.calls.all[0]!.chunk();
    await world.turn();
    client.leave();
    await world.turn();
    const { attempts, cost, usage } = world.told.trace(client.id);
    assert.equal(attempts[0]!.outcome, "cancelled");
    assert.deepEqual([cost.wasteNanos, usage], [0, attempts[0]!.usage]);
    assert.deepEqual(world.watched, [1]);
    assert.equal(world.clock.pending, 0);
  });

  it("isn't late when its reader is", async () => {
    const world = new World();
    const client = world.send(call("small"), { reads: 1 });
    const [only] = world.calls.all;
    only!.chunk();
    await world.pass(2 * timeouts.firstTokenMs);
    client.resume();
    await world.turn();
    assert.equal(client.text, only!.said);
    only!.done();
    await world.turn();
    assert.equal(world.told.trace(client.id).status, "ok");
  });

  it("is late when its reader waits in vain, however late that came", async () => {
    const world = new World();
    const client = world.send(call("small"), { reads: 1 });
    await world.pass(timeouts.firstTokenMs + 1);
    client.resume();
    await world.pass(2 * timeouts.firstTokenMs);
    assert.ok(client.last?.type === "error" && client.last.fault.code === "upstream_timeout");
  });

  it("has failed when its time ran out and nobody looked, whoever leaves then", async () => {
    const world = new World();
    const client = world.send(call("small"), { reads: 1 });
    await world.pass(timeouts.totalMs);
    client.leave();
    await world.turn();
    const [only] = world.told.trace(client.id).attempts;
    assert.deepEqual([only!.outcome, only!.error?.code], ["failed", "upstream_timeout"]);
  });

  it("gives back what it has when another limit refuses it", async () => {
    const given: (number | null)[] = [];
    const world = new World({
      limits: [
        { take: () => ({ settle: (nanos) => given.push(nanos) }) },
        { take: () => fault("overloaded", "Full.", { unsent: true }) },
      ],
    });
    const client = world.send(call("small"));
    await world.turn();
    assert.deepEqual(given, [0]);
    assert.ok(client.last?.type === "error" && client.last.fault.code === "overloaded");
    assert.deepEqual(world.told.trace(client.id).attempts, []);
  });

  it("is closed when its turn comes to a reader who has left, whenever that is", async () => {
    for (let microtasks = 0; microtasks < 20; microtasks++) {
      const world = new World({ places: 1 });
      world.send(call("small"));
      const client = world.send(call("small"), { reads: 1 });
      world.calls.all[0]!.done();
      for (let i = 0; i < microtasks; i++) await null;
      client.leave();
      await world.turn();
      assert.ok(client.over);
      assert.deepEqual(world.calls.running, []);
      assert.ok(
        world.leases.every((n) => n === 1) && world.watched.every((n) => n === 1),
        `after ${microtasks} microtasks`,
      );
      assert.equal(world.waiting() + world.clock.pending, 0);
    }
  });

  it("isn't made when its request ends between its turn and its start, whenever that is", async () => {
    let unmade = 0;
    for (let microtasks = 0; microtasks < 20; microtasks++) {
      const world = new World({ places: 1 });
      world.send(call("small"));
      const client = world.send(call("small"));
      world.calls.all[0]!.done();
      for (let i = 0; i < microtasks; i++) await null;
      client.cancel();
      const made = world.calls.all.length - 1;
      await world.turn();
      assert.equal(world.calls.all.length - 1, made, `made for nobody after ${microtasks} microtasks`);
      if (made === 0) unmade++;
      const trace = world.told.trace(client.id);
      assert.deepEqual([trace.status, trace.attempts.length, made], ["cancelled", made, made]);
      assert.ok(
        world.leases.every((n) => n === 1),
        "its place is given back, once",
      );
      assert.equal(world.waiting() + world.clock.pending, 0);
    }
    assert.ok(unmade > 0 && unmade < 20, "both were seen");
  });
});
