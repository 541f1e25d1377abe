import assert from "node:assert/strict";
import fc from "fast-check";
import { endedFault, fault, stopping } from "../../server/domain/fault.ts";
import type { Limit } from "../../server/domain/limit.ts";
import { judgements, type Plan } from "../../server/domain/plan.ts";
import { call, gate, race } from "../support/plans.ts";
import { check } from "../support/run-rules.ts";
import { World } from "../support/virtual.ts";
import type { FakeCall, Script } from "../support/virtual-calls.ts";
import type { Client } from "../support/virtual-client.ts";

const answering = fc.constantFrom("small", "twin", "large");
const races: fc.Arbitrary<Plan> = fc
  .record({
    first: answering,
    hedge: fc.option(
      fc.record({
        plan: answering,
        afterMs: fc.constantFrom(0, 20, 100, 1_000),
        lateMs: fc.constantFrom(null, 50, 5_000),
      }),
    ),
    others: fc.array(answering, { maxLength: 2 }),
    retries: fc.nat(2),
    continuing: fc.constantFrom(null, null, ["twin"], ["large", "small"]),
  })
  .map(({ first, ...rest }) => race(first, rest));
const direct = answering.map(call);
const either = fc.oneof({ weight: 4, arbitrary: races }, direct);
const gates: fc.Arbitrary<Plan> = fc
  .record({
    guess: fc.constantFrom(...judgements),
    speculate: fc.option(fc.constantFrom(...judgements), { freq: 8 }),
    holdMs: fc.constantFrom(0, 50, 500, 1_500),
    simple: either,
    complex: either,
  })
  .map(gate);
const plan = fc.oneof({ weight: 4, arbitrary: gates }, { weight: 3, arbitrary: races }, direct);

const broken = {
  again: fault("upstream_error", "Not now.", { retry: "again" }),
  "in a while": fault("upstream_error", "In a while.", { retry: "again", afterMs: 700 }),
  elsewhere: fault("upstream_error", "Not here.", { retry: "elsewhere" }),
  never: fault("upstream_error", "You can't ask that.", { retry: "never", status: 400 }),
};

/** One thing that happens, at once. */
interface Deed {
  readonly name: string;
  readonly do: (world: World) => void;
}
const deed = (name: string, f: Deed["do"]): Deed => ({ name, do: f });

/** Something that an open call to a model does. `which` is one of them. */
const speaks = (name: string, which: number, f: (c: FakeCall) => void, judge = false): Deed =>
  deed(`${judge ? "judge" : "model"} ${which} ${name}`, ({ calls }) => {
    const open = calls.running.filter((c) => (c.call.role === "judge") === judge);
    if (open.length > 0) f(open[which % open.length]!);
  });
const clientDoes = (name: string, which: number, f: (c: Client) => void): Deed =>
  deed(`client ${which} ${name}`, ({ clients }) => {
    const here = clients.filter((c) => !c.over);
    if (here.length > 0) f(here[which % here.length]!);
  });

const which = fc.nat(3);
const said = fc.constantFrom("SIMPLE", "COMPLEX", "NEEDS_CONTEXT", "Perhaps");
const kindOfBroken = fc.constantFrom(...(Object.keys(broken) as (keyof typeof broken)[]));
const ms = fc.constantFrom(1, 20, 50, 100, 500, 1_500, 3_000);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(plan, fc.constantFrom("Why?", "How?"), fc.boolean()).map(([p, question, stream]) =>
      deed(`send ${JSON.stringify(p)}, ${question} ${stream ? "streamed" : ""}`, (world) => {
        if (world.clients.length < 4) world.send(p, { question, stream });
      }),
    ),
  },
  { weight: 1, arbitrary: which.map((n) => speaks("is loading", n, (c) => c.wait())) },
  { weight: 1, arbitrary: which.map((n) => speaks("starts", n, (c) => c.start())) },
  { weight: 5, arbitrary: which.map((n) => speaks("gives a chunk", n, (c) => c.chunk())) },
  { weight: 1, arbitrary: which.map((n) => speaks("announces content", n, (c) => c.first())) },
  {
    weight: 1,
    arbitrary: which.map((n) =>
      speaks("gushes", n, (c) => {
        for (let i = 0; i < 300; i++) c.chunk();
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(which, kindOfBroken).map(([n, k]) => speaks(`fails: ${k}`, n, (c) => c.fail(broken[k]))),
  },
  { weight: 3, arbitrary: which.map((n) => speaks("is done", n, (c) => c.done())) },
  { weight: 1, arbitrary: which.map((n) => speaks("is done without a token", n, (c) => c.doneEmpty())) },
  {
    weight: 3,
    arbitrary: fc.tuple(which, said).map(([n, word]) =>
      speaks(
        `says ${word}`,
        n,
        (c) => {
          c.chunk(word);
          c.done();
        },
        true,
      ),
    ),
  },
  { weight: 1, arbitrary: which.map((n) => speaks("fails", n, (c) => c.fail(broken.again), true)) },
  { weight: 1, arbitrary: which.map((n) => clientDoes("cancels", n, (c) => c.cancel())) },
  { weight: 1, arbitrary: which.map((n) => clientDoes("fails to take more", n, (c) => c.leave())) },
  { weight: 1, arbitrary: which.map((n) => clientDoes("reads no more", n, (c) => c.pause())) },
  { weight: 1, arbitrary: which.map((n) => clientDoes("reads one event", n, (c) => c.readOne())) },
  { weight: 1, arbitrary: which.map((n) => clientDoes("reads on", n, (c) => c.resume())) },
);
/** Time alone, up to what rings next: more would be a daemon that stood still. */
const rings = ms.map((n) =>
  deed(`${n} ms pass, or until something rings`, ({ clock }) => clock.pass(Math.min(n, clock.dueMs - clock.now()))),
);
const stops = deed("the daemon stops", ({ clients }) => {
  for (const c of clients) c.cancel(stopping);
});

/** What the commands know of the world: enough to leave out those that can do nothing. */
interface Known {
  sent: boolean;
}

/** Deeds in one turn, each so many microtasks after the one before: what happens between them is where races are. */
class Together implements fc.AsyncCommand<Known, World> {
  readonly #deeds: readonly Deed[];
  readonly #gap: number;

  constructor(all: readonly Deed[], gap: number) {
    this.#deeds = all;
    this.#gap = gap;
  }
  check(known: Readonly<Known>): boolean {
    return known.sent || this.#deeds.some((d) => d.name.startsWith("send"));
  }
  async run(known: Known, world: World): Promise<void> {
    known.sent = true;
    for (const d of this.#deeds) {
      d.do(world);
      for (let i = 0; i < this.#gap; i++) await null;
    }
    await world.turn();
    check(world);
  }
  toString(): string {
    return this.#deeds.length === 1
      ? this.#deeds[0]!.name
      : `{ ${this.#deeds.map((d) => d.name).join(` ${this.#gap} `)} }`;
  }
}

class Pass implements fc.AsyncCommand<Known, World> {
  readonly #ms: number;

  constructor(milliseconds: number) {
    this.#ms = milliseconds;
  }
  check(known: Readonly<Known>): boolean {
    return known.sent;
  }
  async run(_: Known, world: World): Promise<void> {
    await world.pass(this.#ms);
    check(world);
  }
  toString(): string {
    return `${this.#ms} ms pass`;
  }
}

const commands = fc.commands(
  [
    deeds.map((d) => new Together([d], 0)),
    fc
      .tuple(
        fc.option(rings),
        fc.array(fc.oneof({ weight: 20, arbitrary: deeds }, fc.constant(stops)), { minLength: 1, maxLength: 3 }),
        fc.nat(8),
      )
      .map(([ring, all, gap]) => new Together(ring ? [ring, ...all] : all, gap)),
    ms.map((n) => new Pass(n)),
  ],
  { maxCommands: 30, size: "max" },
);

const refused = fault("over_budget", "Not early.", { retry: "elsewhere", unsent: true });

/** What says whether something may begin early; after so many milliseconds, or at once. */
const permit = (allowed: boolean, ms: number | null, world: () => World): Limit => ({
  take: ({ role }, scope) => {
    if (role !== "speculative") return null;
    const answer = allowed ? null : refused;
    if (ms === null) return answer;
    return new Promise((resolve) => {
      const timer = world().clock.after(ms, () => resolve(answer));
      scope.onEnd((why) => {
        timer.cancel();
        resolve(endedFault(why));
      });
    });
  },
});
/** Models that answer by themselves; the others are made to by deeds. */
const script: fc.Arbitrary<Script> = fc
  .record({
    firstMs: fc.constantFrom(0, 10, 200, null),
    chunks: fc.nat(3),
    fails: fc.option(fc.record({ fault: kindOfBroken.map((k) => broken[k]), afterChunks: fc.nat(2) })),
  })
  .map(({ fails, ...rest }) => (fails ? { ...rest, fails } : rest));
const judging: fc.Arbitrary<Script> = fc.record({ firstMs: fc.constantFrom(0, 10, 200), text: said });
const byItself = (of: fc.Arbitrary<Script>) => fc.option(of, { freq: 2 });

const worlds = fc.record({
  scripts: fc.record({
    small: byItself(script),
    twin: byItself(script),
    large: byItself(script),
    judge: byItself(judging),
  }),
  places: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
  early: fc.record({
    allowed: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    ms: fc.constantFrom(null, null, null, 0, 30),
  }),
  deadlineMs: fc.constantFrom(20_000, 1_000),
});

/** Everybody reads on, and time passes: nothing may be left. */
async function finish(world: World): Promise<void> {
  for (const c of world.clients) c.resume();
  for (let i = 0; i < 12; i++) {
    await world.pass(2_500);
    check(world);
  }
  assert.ok(world.clients.every((c) => c.over));
  assert.deepEqual(world.calls.running.map(String), []);
  assert.equal(world.clock.pending, 0);
  assert.equal(world.waiting(), 0);
  assert.ok(
    world.leases.every((n) => n === 1),
    "a lease was not given back, or twice",
  );
  assert.ok(
    world.watched.every((n) => n === 1),
    "an attempt didn't settle, or twice",
  );
}

describe("running plans", () => {
  it("keeps its promises whatever models, judges, clients and time do", async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(worlds, commands, async ({ scripts, places, early, deadlineMs }, cmds) => {
        const world: World = new World({
          script: ({ model }) => scripts[model.id as keyof typeof scripts],
          ...(places === undefined ? {} : { places }),
          limits: [permit(early.allowed, early.ms, () => world)],
          deadlineMs,
        });
        await fc.asyncModelRun(() => ({ model: { sent: false }, real: world }), cmds);
        await finish(world);
      }),
      // The same runs every time; with RUNS set, as many others.
      process.env["RUNS"] ? { numRuns: Number(process.env["RUNS"]) } : { numRuns: 400, seed: 4 },
    );
  });
});
