import assert from "node:assert/strict";
import type { ArmRow } from "../../server/io/ledger/arms.ts";
import { type ConfigInput, configSchema } from "../../server/protocol/config.ts";
import type { ExperimentConfig } from "../../server/protocol/experiment-config.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { Experiments } from "../../server/wiring/experiments.ts";
import { HeldClock } from "../support/facts.ts";

const parse = (experiments: ConfigInput["experiments"]) => configSchema.parse({ experiments }).experiments;
const configured = (): readonly ExperimentConfig[] =>
  parse([{ name: "e", unit: "session", arms: [{ strategy: "control" }, { strategy: "adaptive", share: 0.5 }] }]);
const row = (n: number, more: Partial<ArmRow> = {}): ArmRow => ({
  n,
  at: n,
  client: "c",
  workspace: null,
  session: `s${n}`,
  status: "ok",
  ttft: 10,
  cost: 1_000,
  reward: null,
  ...more,
});
const failing = Array.from({ length: 200 }, (_, i): [number, ArmRow] => [
  i % 2,
  row(i, i % 2 === 1 ? { status: "error" } : {}),
]);

/** Experiments beside a ledger that holds `rows`, as the test goes on. */
function wired(of: () => readonly ExperimentConfig[] = configured) {
  const world = {
    clock: new HeldClock(),
    rows: [] as [number, ArmRow][],
    looks: 0,
    changes: 0,
    logged: [] as string[],
    fault: null as Error | null,
    of,
  };
  const ended: ((trace: Trace) => void)[] = [];
  const experiments = new Experiments({
    ledger: {
      async armed(_query, each) {
        world.looks++;
        if (world.fault) throw world.fault;
        for (const [arm, r] of world.rows) each(arm, r);
        return false;
      },
      onEnded: (f) => {
        ended.push(f);
        return { [Symbol.dispose]: () => {} };
      },
      onFeedback: () => ({ [Symbol.dispose]: () => {} }),
    },
    clock: world.clock,
    log: (level, message) => void world.logged.push(`${level} ${message}`),
    configured: () => world.of(),
    changed: () => void world.changes++,
  });
  const end = (arm: Trace["arm"]) => {
    for (const f of ended) f({ arm } as Trace);
  };
  return { world, experiments, end };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const armOf = { experiment: "e", arm: "adaptive" };

describe("experiments in the daemon", () => {
  it("do nothing where none is configured", async () => {
    const { world, experiments } = wired(() => []);
    world.clock.pass(120_000);
    await settle();
    assert.equal(world.looks, 0);
    assert.deepEqual(experiments.trials(), []);
    assert.deepEqual(await experiments.report(), { experiments: [] });
    assert.equal(world.clock.pending, 0);
  });

  it("run once the ledger was looked at, since it isn't known before which arms are stopped", async () => {
    const { world, experiments } = wired();
    assert.deepEqual(experiments.trials(), []);
    world.clock.pass(100);
    await settle();
    assert.deepEqual(
      experiments.trials().map((t) => t.name),
      ["e"],
    );
    assert.equal(world.changes, 1);
  });

  it("are looked at again after a while, and only when a request of an arm has ended", async () => {
    const { world, end } = wired();
    const pass = async (ms: number) => {
      world.clock.pass(ms);
      await settle();
    };
    await pass(100);
    await pass(30_000);
    end(null);
    await pass(30_000);
    assert.equal(world.looks, 1);
    end(armOf);
    assert.equal(world.looks, 1, "never on a request's way");
    await pass(30_000);
    assert.equal(world.looks, 2);
  });

  it("stop an arm that ran into its guardrail, and say so once", async () => {
    const { world, experiments, end } = wired();
    await experiments.report();
    world.rows = failing;
    end(armOf);
    const [told] = (await experiments.report()).experiments;
    assert.equal(told?.arms[1]?.stopped?.guardrail, "errors");
    assert.deepEqual(
      told.arms.map((a) => a.share),
      [1, 0],
    );
    const [, adaptive] = experiments.trials()[0]!.arms;
    assert.equal(adaptive!.from, adaptive!.to);
    assert.equal(world.changes, 2);
    end(armOf);
    await experiments.report();
    assert.equal(world.changes, 2);
    assert.equal(world.logged.filter((line) => line.startsWith("warn an experiment's arm is stopped")).length, 1);
  });

  it("go on when a configuration is read again that says the same, and wait for a look when it says something else", async () => {
    const { world, experiments } = wired();
    await experiments.report();
    world.of = () => configured();
    assert.equal(experiments.trials().length, 1);
    const other = parse([{ name: "f", arms: [{ strategy: "control" }, { strategy: "by-task", share: 0.5 }] }]);
    world.of = () => other;
    assert.deepEqual(experiments.trials(), []);
    experiments.reconfigured();
    world.clock.pass(0);
    await settle();
    assert.equal(experiments.trials()[0]?.name, "f");
  });

  it("say that the ledger can't be read, and try again", async () => {
    const { world, experiments } = wired();
    world.fault = new Error("the disk is gone");
    world.clock.pass(100);
    await settle();
    assert.deepEqual(world.logged, ["warn experiments could not be looked at"]);
    await assert.rejects(experiments.report(), /the disk is gone/);
    world.fault = null;
    world.clock.pass(30_000);
    await settle();
    assert.equal(experiments.trials().length, 1);
  });

  it("share one look among those who ask at once, and look once more for what came meanwhile", async () => {
    const { world, experiments, end } = wired();
    const asked = [experiments.report(), experiments.report(), experiments.latest()];
    assert.equal(world.looks, 1);
    end(armOf);
    await Promise.all(asked);
    assert.equal(world.looks, 2);
  });

  it("leave no timer behind", async () => {
    const { world, experiments } = wired();
    await experiments.report();
    experiments.close();
    assert.equal(world.clock.pending, 0);
  });
});
