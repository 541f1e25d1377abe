import assert from "node:assert/strict";
import { fault } from "../../server/domain/fault.ts";
import type { Plan } from "../../server/domain/plan.ts";
import { race } from "../support/plans.ts";
import { timeouts, World, type WorldOptions } from "../support/virtual.ts";
import type { FakeCall } from "../support/virtual-calls.ts";
import type { Client } from "../support/virtual-client.ts";

const elsewhere = fault("upstream_error", "Not here.", { retry: "elsewhere" });
const again = fault("upstream_error", "Not now.", { retry: "again" });
const never = fault("upstream_error", "You can't ask that.", { retry: "never", status: 400 });
const late = race("small", { hedge: { plan: "twin", afterMs: 100, lateMs: 900 }, others: ["large"] });

const reason = (client: Client): string =>
  client.seen.flatMap(({ event }) => (event.type === "decision" ? [event.decision.reason] : [])).at(-1) ?? "";
const openCalls = (world: World): string[] => world.calls.running.map((c) => `${c.model} ${c.call.role}`);

/** One request whose models say what the test has them say. */
function ask(plan: Plan, options: WorldOptions = {}) {
  const world = new World(options);
  const client = world.send(plan);
  const of = (n: number): FakeCall => world.calls.all[n]!;
  return { world, client, of };
}

describe("a race", () => {
  it("takes the next model when one fails before its first token, and says so", async () => {
    const { world, client, of } = ask(late);
    of(0).fail(elsewhere);
    await world.turn();
    of(1).chunk("Hello.");
    of(1).done();
    await world.turn();
    assert.equal(client.text, "Hello.");
    assert.deepEqual(client.models, ["small", "large"]);
    assert.match(reason(client), /small failed \(upstream_error\): large answers instead/);
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "failed"],
      ["large", "fallback", "served"],
    ]);
  });

  it("lets nothing replace an attempt whose content has been passed on", async () => {
    const { world, client, of } = ask(late);
    of(0).chunk("Hel");
    await world.turn();
    of(0).fail(again);
    await world.pass(1_000);
    assert.equal(world.calls.all.length, 1);
    assert.deepEqual(client.last, { type: "error", fault: again });
    assert.equal(world.told.trace(client.id).status, "error");
  });

  it("asks a second model when the first is late, and closes the first when the second is sooner", async () => {
    const { world, client, of } = ask(late);
    await world.pass(99);
    assert.deepEqual(openCalls(world), ["small primary"]);
    await world.pass(1);
    assert.deepEqual(openCalls(world), ["small primary", "twin hedge"]);
    await world.pass(200);
    of(1).chunk();
    await world.turn();
    assert.deepEqual(openCalls(world), ["twin hedge"]);
    of(1).done();
    await world.turn();
    assert.equal(client.text, of(1).said);
    assert.match(reason(client), /small was late: twin was asked too, and was sooner/);
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "discarded"],
      ["twin", "hedge", "served"],
    ]);
    assert.deepEqual(world.told.trace(client.id).savedMs, { speculation: 0, hedge: 600 });
    assert.deepEqual(world.watched, [1, 1], "each settles once");
  });

  it("closes the second when the first is sooner after all", async () => {
    const { world, client, of } = ask(late);
    await world.pass(150);
    of(0).chunk();
    await world.turn();
    assert.deepEqual(openCalls(world), ["small primary"]);
    of(0).done();
    await world.turn();
    assert.deepEqual(client.models, ["small"], "there is nothing to tell");
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "served"],
      ["twin", "hedge", "discarded"],
    ]);
    assert.equal(world.told.trace(client.id).savedMs, null);
  });

  it("shows one of two that begin in the same moment", async () => {
    const { world, client, of } = ask(late);
    await world.pass(150);
    of(1).chunk();
    of(0).chunk();
    of(1).done();
    of(0).done();
    await world.turn();
    assert.ok(client.over);
    assert.ok([of(0).said, of(1).said].includes(client.text));
    assert.equal(world.outcomes(client).filter(([, , outcome]) => outcome === "served").length, 1);
    assert.deepEqual(world.watched, [1, 1]);
  });

  it("goes on to the others when both have failed", async () => {
    const { world, client, of } = ask(late);
    await world.pass(100);
    of(1).fail(never); // it says nothing of the answer that is awaited
    await world.turn();
    assert.deepEqual(openCalls(world), ["small primary"]);
    of(0).fail(elsewhere);
    await world.turn();
    of(2).chunk();
    of(2).done();
    await world.turn();
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "failed"],
      ["twin", "hedge", "failed"],
      ["large", "fallback", "served"],
    ]);
  });

  it("waits for the second alone when the first has failed meanwhile, and gives the failure as the reason", async () => {
    const { world, client, of } = ask(late);
    await world.pass(100);
    of(0).fail(elsewhere);
    await world.turn();
    assert.deepEqual(openCalls(world), ["twin hedge"]);
    of(1).chunk();
    of(1).done();
    await world.turn();
    assert.match(reason(client), /small failed \(upstream_error\): twin answers instead/);
    assert.equal(world.told.trace(client.id).status, "ok");
  });

  it("makes no second attempt of a first that has failed", async () => {
    const { world, of } = ask(late);
    await world.pass(50);
    of(0).fail(elsewhere);
    await world.pass(1_000);
    assert.deepEqual(openCalls(world), ["large fallback"]);
  });

  it("makes no second attempt while it waits to try again, nor afterwards", async () => {
    const { world, client, of } = ask(race("small", { hedge: { plan: "twin", afterMs: 300 }, retries: 1 }));
    of(0).fail(again);
    await world.pass(1_000);
    assert.deepEqual(openCalls(world), ["small fallback"]);
    of(1).done();
    await world.turn();
    assert.ok(client.over);
    assert.equal(world.clock.pending, 0, "its time isn't waited for any more");
  });

  it("tries nobody else when the request itself is at fault, and drops who runs", async () => {
    const { world, client, of } = ask(late);
    await world.pass(100);
    of(0).fail(never);
    await world.turn();
    assert.deepEqual(client.last, { type: "error", fault: never });
    assert.deepEqual(openCalls(world), []);
    assert.deepEqual(world.outcomes(client), [
      ["small", "primary", "failed"],
      ["twin", "hedge", "discarded"],
    ]);
  });

  it("tells of all that it tried when all have failed", async () => {
    const { world, client, of } = ask(race("small", { others: ["large"] }));
    of(0).fail(elsewhere);
    await world.turn();
    of(1).fail(fault("upstream_error", "Nor here.", { retry: "elsewhere" }));
    await world.turn();
    assert.ok(client.last?.type === "error");
    assert.equal(client.last.fault.message, "Not here. Also tried: large: Nor here.");
  });

  it("begins nothing when the request's time is over", async () => {
    for (const deadlineMs of [1_000, timeouts.totalMs]) {
      const world = new World({ deadlineMs });
      const client = world.send(race("small", { others: ["twin", "large"] }), { stream: false });
      await world.pass(deadlineMs);
      assert.ok(client.over);
      assert.equal(world.told.trace(client.id).totalMs, deadlineMs);
      assert.equal(world.calls.all.length, 1);
    }
  });

  it("keeps no timer of an attempt that has failed", async () => {
    const { world, of } = ask(race("small", { others: ["large"] }));
    const { pending } = world.clock;
    of(0).fail(elsewhere);
    await world.turn();
    assert.equal(world.clock.pending, pending, "only the second's");
  });

  it("survives a second attempt that is a race of its own and fails whole", async () => {
    const { world, client, of } = ask(
      race("small", { hedge: { plan: race("twin", { others: ["large"] }), afterMs: 100 } }),
    );
    await world.pass(100);
    of(1).fail(elsewhere);
    await world.turn();
    of(2).fail(elsewhere);
    await world.turn();
    of(0).chunk("Hello.");
    of(0).done();
    await world.turn();
    assert.equal(client.text, "Hello.");
  });

  it("ends with its request: no calls, no timers, one end", async () => {
    const { world, client } = ask(late);
    await world.pass(100);
    client.cancel();
    assert.deepEqual(openCalls(world), []);
    await world.turn();
    assert.equal(world.clock.pending, 0);
    assert.equal(world.told.ended(client.id).length, 1);
    assert.deepEqual(
      world.outcomes(client).map(([, , outcome]) => outcome),
      ["cancelled", "cancelled"],
    );
  });

  it("ends with a reader that takes no more, whatever was to come", async () => {
    const { world, client, of } = ask(late);
    of(0).chunk();
    client.pause();
    await world.turn();
    client.leave();
    await world.turn();
    assert.ok(client.over);
    assert.deepEqual(openCalls(world), []);
    assert.equal(world.clock.pending, 0);
    assert.deepEqual(world.watched, [1]);
    const trace = world.told.trace(client.id);
    assert.deepEqual([trace.status, trace.attempts[0]!.outcome], ["cancelled", "cancelled"]);
  });
});
