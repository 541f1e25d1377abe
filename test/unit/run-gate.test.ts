import assert from "node:assert/strict";
import { endedFault, type Fault, fault, stopping } from "../../server/domain/fault.ts";
import type { Limit } from "../../server/domain/limit.ts";
import { call, gate, race } from "../support/plans.ts";
import { World, type WorldOptions } from "../support/virtual.ts";
import type { Script } from "../support/virtual-calls.ts";
import type { Client } from "../support/virtual-client.ts";

/** Models that answer as they are told; who isn't named stays silent. */
const worldOf = (scripts: Readonly<Record<string, Script>>, more: WorldOptions = {}): World =>
  new World({ script: ({ model }) => scripts[model.id] ?? { firstMs: null }, ...more });
const says = (text: string, firstMs: number): Script => ({ firstMs, text });
const contentAt = (client: Client): number[] =>
  client.seen.flatMap(({ event, atMs }) => (event.type === "text" ? [atMs] : []));
const reason = (client: Client): string =>
  client.seen.flatMap(({ event }) => (event.type === "decision" ? [event.decision.reason] : [])).at(-1) ?? "";
const roles = (world: World): string[] => world.calls.all.map((c) => `${c.model} ${c.call.role}`);

const noEarly: Limit = {
  take: ({ role }) =>
    role === "speculative" ? fault("over_budget", "Not early.", { retry: "elsewhere", unsent: true }) : null,
};

describe("a gate", () => {
  it("begins the guess at once, and passes it on once the judge confirms it", async () => {
    const world = worldOf({ judge: says("SIMPLE", 100), small: { firstMs: 50, everyMs: 70 } });
    const client = world.send(gate());
    assert.deepEqual(roles(world), ["judge judge", "small speculative"]);
    await world.pass(1_000);
    assert.deepEqual(contentAt(client), [100, 120, 190], "the first was held, the rest came as it came");
    assert.deepEqual(client.models, ["small", "small"]);
    assert.match(reason(client), /the judge called it simple/);
    assert.deepEqual(world.outcomes(client), [
      ["judge", "judge", "served"],
      ["small", "speculative", "served"],
    ]);
    const trace = world.told.trace(client.id);
    assert.deepEqual([trace.decision?.stage, trace.decision?.difficulty], ["judge", "simple"]);
    assert.deepEqual(trace.savedMs, { speculation: 50, hedge: 0 });
    assert.deepEqual([trace.ttftMs, trace.cost.wasteNanos], [100, 0]);
    const spans = trace.spans.filter((s) => s.name === "hold" || s.name === "judge");
    assert.deepEqual(
      spans.map((s) => [s.name, s.startMs, s.durationMs, s.attempt]),
      [
        ["judge", 0, 100, null],
        ["hold", 0, 100, 1],
      ],
    );
  });

  it("drops the guess at once when the judge rejects it, and counts what it cost as waste", async () => {
    const small = { firstMs: 50, everyMs: 100 };
    const world = worldOf({ judge: says("COMPLEX", 100), small, large: { firstMs: 80 } });
    const client = world.send(gate());
    await world.pass(99);
    assert.ok(world.calls.all[1]!.open);
    await world.pass(1);
    assert.ok(!world.calls.all[1]!.open);
    await world.pass(1_000);
    assert.equal(contentAt(client)[0], 180);
    assert.deepEqual(client.models, ["small", "large"]);
    assert.deepEqual(world.outcomes(client), [
      ["judge", "judge", "served"],
      ["small", "speculative", "discarded"],
      ["large", "primary", "served"],
    ]);
    const { cost, savedMs, attempts, decision } = world.told.trace(client.id);
    assert.equal(cost.wasteNanos, attempts[1]!.costNanos);
    assert.deepEqual(savedMs, { speculation: 0, hedge: 0 });
    assert.deepEqual([decision?.model, decision?.stage, decision?.difficulty], ["large", "judge", "complex"]);
  });

  it("goes on with what was begun where two verdicts share its plan", async () => {
    const world = worldOf({ judge: says("NEEDS_CONTEXT", 100), large: { firstMs: 20 } });
    const client = world.send(gate({ guess: "complex" }));
    await world.pass(1_000);
    assert.deepEqual(roles(world), ["judge judge", "large speculative"]);
    assert.match(reason(client), /called it needs-context/);
    assert.equal(contentAt(client)[0], 100);
  });

  it("lets the guess stand when the hold has run out, and the judge speak to nobody but the memory", async () => {
    const world = worldOf({ judge: says("COMPLEX", 700), small: { firstMs: 50, chunks: 1 }, large: { firstMs: 50 } });
    const client = world.send(gate({ holdMs: 300 }));
    await world.pass(300);
    assert.ok(client.over);
    assert.deepEqual(contentAt(client), [300]);
    assert.match(reason(client), /said nothing within 300 ms: the guess stands/);
    assert.ok(world.calls.all[0]!.open, "its word is still wanted");
    await world.pass(400);
    const trace = world.told.trace(client.id);
    assert.deepEqual(trace.savedMs, { speculation: 50, hedge: 0 });
    const judging = trace.spans.find((s) => s.name === "judge");
    assert.deepEqual([judging?.startMs, judging?.durationMs], [0, 300], "as long as it was waited for");
    assert.deepEqual(trace.attempts[0]!.outcome, "served");

    const again = world.send(gate({ holdMs: 300 }));
    await world.pass(1_000);
    assert.match(reason(again), /called the same question complex a while ago/);
    assert.deepEqual(roles(world).slice(2), ["large primary"]);
  });

  it("asks no judge twice within five minutes, and then does", async () => {
    const world = worldOf({ judge: says("COMPLEX", 100), small: { firstMs: 50 }, large: { firstMs: 50 } });
    world.send(gate());
    await world.pass(1_000);
    const again = world.send(gate());
    await world.pass(50);
    assert.ok(again.saw("text"), "without a hold");
    assert.equal(world.told.trace(again.id).savedMs, null);
    world.send(gate(), { question: "How?" });
    await world.pass(300_000);
    world.send(gate());
    await world.pass(1_000);
    assert.deepEqual(
      world.calls.all.filter((c) => c.call.role === "judge").map((c) => c.id),
      ["r0", "r2", "r3"],
    );
  });

  const wordless: Readonly<Record<string, Script>> = {
    "says nothing that can be understood": says("Perhaps.", 100),
    fails: { firstMs: 100, fails: { fault: fault("upstream_error", "No.", { retry: "again" }) } },
  };
  for (const [what, judge] of Object.entries(wordless)) {
    it(`waits no longer for a judge that ${what}`, async () => {
      const world = worldOf({ judge, small: { firstMs: 50 } });
      const client = world.send(gate());
      await world.pass(1_000);
      assert.equal(contentAt(client)[0], 100);
      assert.match(reason(client), /the guess stands/);
      world.send(gate());
      await world.pass(1_000);
      assert.equal(world.calls.all.filter((c) => c.call.role === "judge").length, 2, "there is nothing to remember");
    });
  }

  it("ends a silent judge's call by the judge's own deadline", async () => {
    const world = worldOf({ small: { firstMs: 50 } });
    const client = world.send(gate());
    await world.pass(4_999);
    assert.ok(client.over && world.calls.all[0]!.open);
    await world.pass(1);
    assert.deepEqual(world.calls.running, []);
    assert.equal(world.clock.pending, 0);
    const [judge] = world.told.trace(client.id).attempts;
    assert.deepEqual([judge!.outcome, judge!.error?.code], ["failed", "upstream_timeout"]);
  });

  it("runs what a limit refused early when it is wanted, as if nothing had been begun", async () => {
    const world = worldOf({ judge: says("SIMPLE", 100), small: { firstMs: 50 } }, { limits: [noEarly] });
    const client = world.send(gate());
    await world.pass(1_000);
    assert.equal(contentAt(client)[0], 150);
    assert.deepEqual(world.outcomes(client), [
      ["judge", "judge", "served"],
      ["small", "primary", "served"],
    ]);
    const trace = world.told.trace(client.id);
    assert.equal(trace.savedMs, null, "no early start, no figure for one");
    assert.ok(!trace.spans.some((s) => s.name === "hold"));
  });

  it("begins nothing early where nothing may be, and opens connections to what may come", async () => {
    const world = worldOf({ judge: says("COMPLEX", 100), large: { firstMs: 50 } });
    world.send(gate({ speculate: null }));
    assert.deepEqual(roles(world), ["judge judge"]);
    assert.deepEqual(new Set(world.warmed), new Set(["small", "large"]));
  });

  it("goes on to the next model when what was begun early fails", async () => {
    const fails = { fault: fault("upstream_error", "No.", { retry: "elsewhere" }) };
    const world = worldOf({ judge: says("SIMPLE", 300), small: { firstMs: 40, fails }, twin: { firstMs: 10 } });
    const client = world.send(gate({ simple: race("small", { others: ["twin"] }) }));
    await world.pass(1_000);
    assert.equal(contentAt(client)[0], 310, "not before the verdict");
    assert.deepEqual(world.outcomes(client), [
      ["judge", "judge", "served"],
      ["small", "speculative", "failed"],
      ["twin", "fallback", "served"],
    ]);
    assert.deepEqual(world.told.trace(client.id).savedMs, { speculation: 0, hedge: 0 }, "it came to nothing");
  });

  it("times a second attempt from the early start, not from the verdict", async () => {
    const world = worldOf({ judge: says("SIMPLE", 100), twin: { firstMs: 10 } });
    const client = world.send(gate({ simple: race("small", { hedge: { plan: "twin", afterMs: 150 } }) }));
    await world.pass(1_000);
    assert.equal(contentAt(client)[0], 160);
    assert.deepEqual(world.outcomes(client), [
      ["judge", "judge", "served"],
      ["small", "speculative", "discarded"],
      ["twin", "hedge", "served"],
    ]);
    assert.deepEqual(world.told.trace(client.id).savedMs, { speculation: 100, hedge: 0 });
  });

  it("leaves nothing on its request's scope but the answering attempt's", async () => {
    for (const word of ["SIMPLE", "COMPLEX", "Perhaps."]) {
      const world = worldOf({ judge: says(word, 100), small: { firstMs: 50 }, large: { firstMs: 50 } });
      const client = world.send(gate());
      await world.pass(1_000);
      assert.ok(client.over);
      assert.ok(client.listeners <= 1, `${client.listeners} after ${word}`);
    }
  });

  it("lets a failed guess be forgotten when the judge rejects it", async () => {
    const fails = { fault: fault("upstream_error", "You can't ask that.", { retry: "never" }) };
    const world = worldOf({ judge: says("COMPLEX", 300), small: { firstMs: 40, fails }, large: { firstMs: 10 } });
    const client = world.send(gate());
    await world.pass(1_000);
    assert.deepEqual(
      world.outcomes(client).map(([, , outcome]) => outcome),
      ["served", "failed", "served"],
    );
  });

  it("passes an answer on in one burst that was whole before the verdict", async () => {
    const world = worldOf({ judge: says("SIMPLE", 200), small: { firstMs: 10, chunks: 3 } });
    const client = world.send(gate());
    await world.pass(200);
    assert.ok(client.over);
    assert.deepEqual(contentAt(client), [200, 200, 200]);
    const trace = world.told.trace(client.id);
    assert.deepEqual([trace.status, trace.attempts[1]!.outcome, trace.attempts[1]!.endMs], ["ok", "served", 40]);
    assert.deepEqual(trace.savedMs, { speculation: 10, hedge: 0 });
  });

  it("counts an answer as waste that was whole before the verdict against it", async () => {
    const world = worldOf({ judge: says("COMPLEX", 200), small: { firstMs: 10 }, large: { firstMs: 10 } });
    const client = world.send(gate());
    await world.pass(1_000);
    assert.equal(client.text, world.calls.all[2]!.said);
    assert.equal(world.outcomes(client)[1]![2], "discarded");
    const { cost, attempts } = world.told.trace(client.id);
    assert.ok(cost.wasteNanos! > 0 && cost.wasteNanos === attempts[1]!.costNanos);
  });

  for (const [why, status, code] of [
    ["the client left", "cancelled", "cancelled"],
    [stopping, "error", "shutting_down"],
  ] as const) {
    it(`closes all it has begun when its request ends during the hold: ${why}`, async () => {
      const world = worldOf({ small: { firstMs: 50, everyMs: 100 } });
      const client = world.send(gate());
      await world.pass(100);
      client.cancel(why);
      assert.deepEqual(world.calls.running, [], "at once");
      await world.turn();
      assert.ok(client.over);
      assert.ok(client.last?.type === "error" && client.last.fault.code === code);
      const trace = world.told.trace(client.id);
      assert.equal(trace.status, status);
      assert.deepEqual(
        trace.attempts.map((a) => a.outcome),
        ["cancelled", "cancelled"],
      );
      assert.deepEqual([trace.usage, trace.cost.wasteNanos, trace.savedMs], [null, 0, { speculation: 0, hedge: 0 }]);
      assert.equal(world.clock.pending, 0);
    });
  }

  it("keeps nobody waiting who leaves during the hold", async () => {
    const world = worldOf({ small: { firstMs: 50 } });
    const client = world.send(gate(), { reads: 1 });
    await world.pass(100);
    client.leave();
    await world.turn();
    assert.ok(client.over, "it needn't wait for the hold's end");
    assert.deepEqual(
      world.calls.running.map((c) => c.call.role),
      ["judge"],
    );
    await world.pass(5_000);
    assert.deepEqual(roles(world), ["judge judge", "small speculative"], "nothing was begun for nobody");
    assert.equal(world.clock.pending, 0);
  });

  it("takes back a judge that still waits for its turn when the hold ends", async () => {
    const world = worldOf({ judge: says("COMPLEX", 400), small: { firstMs: 50 } }, { places: 1 });
    world.send(gate({ speculate: null, holdMs: 1_000 }), { question: "How?" });
    const client = world.send(gate({ holdMs: 300 }));
    await world.pass(300);
    assert.equal(contentAt(client)[0], 300, "the hold's end stays where it is");
    assert.equal(world.waiting(), 0);
    await world.pass(2_000);
    assert.equal(world.calls.all.filter((c) => c.call.role === "judge").length, 1);
    assert.deepEqual(world.outcomes(client), [["small", "speculative", "served"]]);
  });

  it("takes a judge's place back for others when the hold ends", async () => {
    const world = worldOf({ judge: says("COMPLEX", 400), small: { firstMs: 50 } }, { places: 1 });
    const client = world.send(gate({ holdMs: 300 }));
    await world.pass(300);
    assert.deepEqual(world.calls.all[0]!.closed, { atMs: 300, how: "ended" });
    await world.pass(1_000);
    assert.equal(world.outcomes(client)[0]![2], "failed", "too slow once too often, and it is left alone");
  });

  for (const answer of [null, fault("overloaded", "No place.", { retry: "elsewhere", unsent: true })])
    for (const simple of [race("small"), call("small")]) {
      const what = `${simple.do} that a limit ${answer ? "refuses" : "allows"}`;
      it(`runs normally a ${what} early, but only after the verdict`, async () => {
        const slow: Limit = {
          take: ({ role }, scope) => {
            if (role !== "speculative") return null;
            const { promise, resolve } = Promise.withResolvers<Fault | null>();
            world.clock.after(100, () => resolve(answer));
            scope.onEnd((why) => resolve(endedFault(why)));
            return promise;
          },
        };
        const world: World = worldOf({ judge: says("SIMPLE", 50), small: { firstMs: 30 } }, { limits: [slow] });
        const client = world.send(gate({ simple }));
        await world.pass(1_000);
        assert.equal(contentAt(client)[0], 80);
        assert.deepEqual(world.outcomes(client), [
          ["judge", "judge", "served"],
          ["small", "primary", "served"],
        ]);
        const trace = world.told.trace(client.id);
        assert.equal(trace.savedMs, null, "nothing was early");
        assert.ok(!trace.spans.some((s) => s.name === "hold"));
      });
    }
});
