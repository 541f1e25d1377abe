import assert from "node:assert/strict";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { type ExperimentReport, experimentsSchema } from "../../server/protocol/experiments.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { type Daemon, type Home, newHome, runCommand, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";
import { FakeWindow } from "../support/windows.ts";

type Input = NonNullable<ConfigInput["experiments"]>[number];
const experiment: Input = {
  name: "better",
  unit: "session",
  metric: "cost",
  arms: [{ strategy: "control" }, { name: "strong", strategy: "quality-first", share: 0.3 }],
  guardrails: { costRatio: 1_000 },
};
/** With these the first arm asks the small model and the other the large one, whatever is asked. */
const routing = { primary: "small", escalation: "large", baseline: "large", quality: 0, band: [0, 0] } as const;
const priced = {
  small: { provider: "gpu", name: "small-model", tier: "local", prices: { input: 1, output: 1 } },
} as const;

describe("an experiment", () => {
  const there = { upstreams: useUpstreams() };
  const config = (experiments: readonly Input[]): ConfigInput =>
    townConfig(there.upstreams, {
      routing: { ...routing, band: [...routing.band] },
      models: priced,
      experiments: [...experiments],
    });
  const reportOf = async (daemon: Daemon): Promise<ExperimentReport> => {
    const { json, status } = await daemon.ask({ path: "/admin/experiments" });
    assert.equal(status, 200);
    return experimentsSchema.parse(json).experiments[0]!;
  };
  /** Waits until the ledger was looked at: before that no experiment runs. */
  const started = async (experiments: readonly Input[], home: Home) => {
    const daemon = await startDaemon({ config: config(experiments), env: townEnv, home });
    await reportOf(daemon);
    return daemon;
  };
  /** One question in each of some conversations, eight at a time; their traces. */
  const ask = async (daemon: Daemon, sessions: readonly string[]): Promise<Map<string, Trace>> => {
    const traces = new Map<string, Trace>();
    const left = [...sessions];
    const one = async (): Promise<void> => {
      for (let session = left.pop(); session !== undefined; session = left.pop()) {
        const { headers } = await daemon.chat({ stream: true }, { "x-switchyard-session": session });
        traces.set(session, await daemon.ended(String(headers["x-switchyard-trace"])));
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
    return traces;
  };
  const names = (n: number, from = 0): string[] => Array.from({ length: n }, (_, i) => `conversation ${from + i}`);
  const armsOf = (traces: ReadonlyMap<string, Trace>, arm: string): string[] =>
    [...traces].flatMap(([session, t]) => (t.arm?.arm === arm ? [session] : []));

  it("gives each conversation an arm that it keeps, tells it on the trace, and names the winner everywhere alike", async () => {
    using home = newHome();
    let told: ExperimentReport;
    {
      await using daemon = await started([experiment], home);
      const first = await ask(daemon, names(300));
      const strong = armsOf(first, "strong");
      assert.equal(strong.length + armsOf(first, "control").length, 300);
      assert.ok(Math.abs(strong.length / 300 - 0.3) < 0.05, `${strong.length} of 300`);
      for (const t of first.values()) {
        assert.equal(t.arm?.experiment, "better");
        assert.equal(t.decision?.model, t.arm.arm === "strong" ? "large" : "small");
      }
      const again = await ask(daemon, names(60));
      for (const [session, t] of again) assert.deepEqual(t.arm, first.get(session)?.arm);
      const named = await daemon.chat({ model: "large" }, { "x-switchyard-session": strong[0]! });
      assert.equal((await daemon.ended(String(named.headers["x-switchyard-trace"]))).arm, null);

      const window = await FakeWindow.admitted(daemon.socket, daemon.token);
      for (const [session, signal] of [
        [strong[0]!, "kept"],
        [strong[1]!, "undone"],
      ] as const)
        assert.deepEqual(await window.request("feedback", { trace: first.get(session)!.id, signal }), { known: true });

      told = await reportOf(daemon);
      assert.deepEqual(await window.request("experiments", null), { experiments: [told] });
      const here = told.arms.find((a) => a.name === "strong");
      assert.equal(told.state, "running");
      assert.equal(here?.requests, strong.length + armsOf(again, "strong").length);
      assert.equal(here.units, strong.length);
      assert.equal(here.share, 0.3);
      assert.deepEqual([here.reward.known, here.reward.mean], [2, 0.5]);
      assert.ok(Math.abs(here.usd.mean! - 0.0005646) < 1e-9);
      assert.ok(here.versus!.low > 0);
      assert.equal(told.verdict.winner, "control");

      const rows = (await daemon.stats("?by=arm")).rows;
      assert.equal(rows.find((r) => r.key === "better/strong")?.requests, here.requests);
      const { code, stdout } = await runCommand(["ab-test", "better", "--json", ...folders(home)], home.env);
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout), { experiments: [told] });
    }
    const { code, stdout } = await runCommand(["ab-test", "--json", ...folders(home)], home.env);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { experiments: [told] }, "the ledger says the same without a daemon");
  });

  it("stops an arm whose requests fail, sends its conversations to the first arm, and knows it after a restart", async () => {
    using home = newHome();
    const half = { ...experiment, arms: [{ strategy: "control" }, { ...experiment.arms[1]!, share: 0.5 }] } as const;
    const experiments = [{ ...half, arms: [...half.arms] }];
    let victim: string;
    {
      await using daemon = await started(experiments, home);
      there.upstreams.cloud.script = () => ({ status: 400, body: '{"error":{"message":"no"}}' });
      const traces = await ask(daemon, names(160));
      victim = armsOf(traces, "strong")[0]!;
      assert.equal(traces.get(victim)?.status, "error");
      const told = await reportOf(daemon);
      const strong = told.arms[1]!;
      assert.equal(strong.stopped?.guardrail, "errors");
      assert.deepEqual(
        told.arms.map((a) => a.share),
        [1, 0],
      );
      assert.equal(told.verdict.winner, "control");
      const [after] = (await ask(daemon, [victim])).values();
      assert.deepEqual([after?.arm?.arm, after?.status], ["control", "ok"]);
      await reportOf(daemon);
      assert.equal(daemon.stderr().match(/arm is stopped/g)?.length, 1);
      const { stdout } = await runCommand(["ab-test", ...folders(home)], home.env);
      assert.match(stdout, /strong was stopped by the guardrail "errors"/);
    }
    await using daemon = await started(experiments, home);
    const [after] = (await ask(daemon, [victim])).values();
    assert.equal(after?.arm?.arm, "control");
    assert.equal((await reportOf(daemon)).arms[1]?.stopped?.guardrail, "errors");
  });

  it("stops an arm that costs many times what the first does", async () => {
    using home = newHome();
    await using daemon = await started([{ ...experiment, guardrails: { costRatio: 3 } }], home);
    await ask(daemon, names(200));
    const strong = (await reportOf(daemon)).arms[1]!;
    assert.equal(strong.stopped?.guardrail, "cost");
    assert.match(strong.stopped.why, /6\.\d times as much/);
  });

  it("begins when it is said to, with a part of the shares, and obeys a changed configuration", async () => {
    const at = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    using home = newHome();
    await using daemon = await started([{ ...experiment, startsAt: at(1), rampDays: 10 }], home);
    const early = await ask(daemon, names(20));
    assert.ok([...early.values()].every((t) => t.arm === null));
    assert.equal((await reportOf(daemon)).state, "planned");

    daemon.configure(config([{ ...experiment, startsAt: at(-5), rampDays: 10 }]));
    for (let i = 0; (await reportOf(daemon)).state !== "running" && i < 200; i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    const { arms } = await reportOf(daemon);
    assert.ok(Math.abs(arms[1]!.share - 0.165) < 0.001, String(arms[1]!.share));
    const traces = await ask(daemon, names(200));
    assert.ok(Math.abs(armsOf(traces, "strong").length / 200 - 0.165) < 0.06);
  });
});

describe("switchyard ab-test", () => {
  it("says how an experiment is begun where none is, and refuses what is wrong", async () => {
    using home = newHome();
    const run = (...args: string[]) => runCommand(["ab-test", ...args, "--data", home.dataDir], home.env);
    const none = await run();
    assert.equal(none.code, 0);
    assert.match(none.stdout, /No experiment is configured.*"experiments"/s);
    assert.deepEqual(JSON.parse((await run("--json")).stdout), { experiments: [] });
    assert.equal((await run("nobody")).code, 2);
    assert.equal((await run("a", "b")).code, 2);
    assert.equal((await run("--wrong")).code, 2);
    const bad = await runCommand(["ab-test"], { ...home.env, SWITCHYARD_ROUTING__QUALITY: "much" });
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /routing\.quality/);
  });
});

const folders = (home: { configFile: string; dataDir: string }): string[] => [
  "--config",
  home.configFile,
  "--data",
  home.dataDir,
];
