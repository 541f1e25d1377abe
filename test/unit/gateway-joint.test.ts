import assert from "node:assert/strict";
import fc from "fast-check";
import { fault } from "../../server/domain/fault.ts";
import { World } from "../support/virtual.ts";

const plan = { do: "call", model: "small" } as const;
const same = { temperature: 0, client: "one" } as const;
const states = (world: World): string[] => world.clients.map((c) => world.told.trace(c.id).cache);

describe("requests that ask the same at the same time", () => {
  it("share one attempt, and each gets the answer from its beginning", async () => {
    const world = new World();
    const first = world.send(plan, same);
    world.calls.all[0]!.chunk("Hel");
    await world.turn();
    const second = world.send(plan, same);
    world.calls.all[0]!.chunk("lo");
    world.calls.all[0]!.done();
    await world.turn();
    assert.equal(world.calls.all.length, 1);
    assert.deepEqual([first.text, second.text], ["Hello", "Hello"]);
    assert.deepEqual(states(world), ["miss", "joined"]);
    const [, joined] = world.clients.map((c) => world.told.trace(c.id));
    assert.equal(joined!.recalled?.trace, first.id);
    assert.deepEqual([joined!.attempts, joined!.cost.nanos], [[], 0]);
    const third = world.send(plan, same);
    await world.turn();
    assert.deepEqual([third.text, states(world)[2]], ["Hello", "exact"]);
  });

  it("go on when the one leaves that began, whose trace has the cost", async () => {
    const world = new World();
    const first = world.send(plan, same);
    const second = world.send(plan, same);
    world.calls.all[0]!.chunk("Hel");
    await world.turn();
    first.cancel();
    await world.turn();
    assert.equal(world.calls.running.length, 1);
    world.calls.all[0]!.chunk("lo");
    world.calls.all[0]!.done();
    await world.turn();
    assert.equal(second.text, "Hello");
    assert.equal(first.last?.type, "error");
    const [left, stayed] = world.clients.map((c) => world.told.trace(c.id));
    assert.deepEqual([left!.status, stayed!.status], ["cancelled", "ok"]);
    assert.deepEqual(
      left!.attempts.map((a) => a.outcome),
      ["served"],
    );
    assert.equal(left!.cost.wasteNanos, 0);
  });

  it("close the upstream's socket with the last that leaves", async () => {
    const world = new World();
    const both = [world.send(plan, same), world.send(plan, same)];
    world.calls.all[0]!.chunk("Hel");
    await world.turn();
    for (const client of both) client.cancel();
    await world.turn();
    assert.deepEqual(world.calls.running, []);
    assert.deepEqual(
      world.clients.map((c) => world.told.trace(c.id).status),
      ["cancelled", "cancelled"],
    );
    const again = world.send(plan, same);
    await world.turn();
    assert.equal(world.calls.all.length, 2, "nobody joins what has been given up");
    again.cancel();
  });

  it("fail together, and nothing of it is kept", async () => {
    const world = new World();
    const both = [world.send(plan, same), world.send(plan, same)];
    world.calls.all[0]!.chunk("Hel");
    world.calls.all[0]!.fail(fault("upstream_error", "It broke.", { retry: "never" }));
    await world.turn();
    for (const client of both) assert.equal(client.last?.type, "error");
    for (const client of both) assert.equal(world.told.trace(client.id).recalled, null, "nobody saves by failing");
    assert.equal(world.kept.size, 0);
  });

  it("don't meet across clients, nor where chance has a part", async () => {
    const world = new World();
    world.send(plan, same);
    world.send(plan, { ...same, client: "another" });
    world.send(plan, { client: "one" });
    world.send(plan, { client: "one" });
    await world.turn();
    assert.equal(world.calls.all.length, 4);
    for (const client of world.clients) client.cancel();
    await world.turn();
  });

  it("hand each its text once, whoever pauses or leaves when", async () => {
    const step = fc.record({
      what: fc.constantFrom("join", "leave", "return", "pause", "resume", "chunk", "chunk", "chunk"),
      who: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, fails) => {
        const world = new World();
        world.send(plan, same);
        const call = world.calls.all[0]!;
        let n = 0;
        for (const { what, who } of steps) {
          const client = world.clients[who % world.clients.length]!;
          if (what === "join" && !call.closed) world.send(plan, same);
          else if (what === "leave") client.cancel();
          else if (what === "return") client.leave();
          else if (what === "pause") client.pause();
          else if (what === "resume") client.resume();
          else if (what === "chunk" && !call.closed) call.chunk(`${n++} `);
          await world.turn();
        }
        const open = call.closed === null;
        if (open) fails ? call.fail(fault("upstream_error", "It broke.", { retry: "never" })) : call.done();
        for (const client of world.clients) client.resume();
        await world.turn();
        await world.turn();
        const calls = world.calls.all;
        for (const other of calls.slice(1)) other.done();
        await world.turn();
        for (const client of world.clients) {
          assert.ok(client.over || client.left, `${client.id} waits for ever`);
          const end = client.last;
          if (client.left) continue;
          assert.ok(end?.type === "done" || end?.type === "error");
          if (end.type === "done" && calls.length === 1) assert.equal(client.text, call.said);
          else assert.ok(calls.some((c) => c.said.startsWith(client.text)));
          assert.equal(world.told.ended(client.id).length, 1);
          assert.equal(client.listeners, 0);
        }
        assert.deepEqual(world.calls.running, []);
      }),
      { numRuns: 300 },
    );
  });

  it("are neither kept nor joined once they were to be forgotten, and go on for those who read", async () => {
    for (const which of [{}, { since: 0 }, { trace: "first" }]) {
      const world = new World();
      const first = world.send(plan, same);
      world.calls.all[0]!.chunk("Hel");
      await world.turn();
      world.recall.forget("trace" in which ? { trace: first.id } : which);
      const second = world.send(plan, same);
      await world.turn();
      assert.equal(world.calls.all.length, 2);
      world.calls.all[0]!.chunk("lo");
      world.calls.all[0]!.done();
      await world.turn();
      assert.equal(first.text, "Hello");
      assert.equal(world.kept.size, 0);
      world.calls.all[1]!.chunk("Hi");
      world.calls.all[1]!.done();
      await world.turn();
      assert.equal(second.text, "Hi");
      assert.equal(world.kept.size, 1); // asked after that
    }
  });
});
