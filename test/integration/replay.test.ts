import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Compared, ReplayReport } from "../../server/protocol/replay.ts";
import { type Daemon, type Home, newHome, runCommand, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

/** Whatever the score says: the primary below a band that no score reaches, the escalation above one that each does. */
const allWeak = {
  primary: "small",
  escalation: "large",
  quality: 0,
  band: [0.9, 0.95],
} satisfies ConfigInput["routing"];
const allStrong = { quality: 1, band: [0.1, 0.2] } satisfies ConfigInput["routing"];

// The upstream's usage: 57 tokens in, 32 of them cached, 32 out. Nano-dollars at the large model's 3, 0.3 and 15 a million.
const asRecorded = 25 * 3_000 + 32 * 300 + 32 * 15_000;
const readAnew = 57 * 3_000 + 32 * 15_000;

describe("switchyard replay", () => {
  const town = useUpstreams();
  let home: Home;
  let daemon: Daemon;
  before(async () => {
    home = newHome();
    daemon = await startDaemon({ home, config: townConfig(town, { routing: allWeak }), env: townEnv });
    for (const model of ["switchyard/auto", "switchyard/auto", "switchyard/auto", "large"]) {
      const reply = await daemon.chat({ model, stream: true });
      assert.equal(reply.headers["x-switchyard-model"], model === "large" ? "large" : "small");
      await daemon.ended(String(reply.headers["x-switchyard-trace"]));
    }
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
    home[Symbol.dispose]();
  });

  const file = (name: string, content: object | string): string => {
    const path = join(home.root, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const run = (...args: readonly string[]) =>
    runCommand(["replay", "--config", home.configFile, "--data", home.dataDir, ...args], { ...home.env, ...townEnv });
  async function report(...args: readonly string[]): Promise<ReplayReport> {
    const ended = await run("--json", ...args);
    assert.equal(ended.code, 0, ended.stderr);
    return JSON.parse(ended.stdout) as ReplayReport;
  }
  const near = (c: Compared | undefined | null, now: number, policy: number): void => {
    assert.ok(c);
    for (const [is, wanted] of [
      [c.now, now],
      [c.policy, policy],
      [c.difference, policy - now],
    ] as const)
      assert.ok(Math.abs(is - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${is} for ${wanted}`);
    assert.ok(c.low <= c.difference && c.difference <= c.high);
  };

  it("tells what another quality would cost, how long it would take and how good it is expected to be", async () => {
    const r = await report("--policy", file("strong.json", { routing: allStrong }));
    assert.equal(r.traces.replayed, 4);
    assert.equal(r.traces.asRecorded, 4);
    assert.deepEqual(r.changes, [{ now: "small", policy: "large", requests: 3 }]);
    near(r.total.cost?.total, asRecorded, 3 * readAnew + asRecorded);
    assert.equal(r.money.recordedNanos, asRecorded);

    const [small, large] = ["small", "large"].map((id) => r.models.find((m) => m.model === id));
    assert.ok(small?.measured && large?.measured);
    near(r.total.latencyMs?.mean, (3 * small.p50Ms! + large.p50Ms!) / 4, large.p50Ms!);

    const features = (await daemon.traces()).map((t) => t.features!);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const explicit = features.find((f) => f.named === "large")!;
    const routed = features.filter((f) => f !== explicit);
    const now = mean([...routed.map((f) => f.weak), explicit.strong]);
    near(r.total.quality, now, mean(features.map((f) => f.strong)));
  });

  it("differs by nothing where the policy is the one in force", async () => {
    const { total } = await report("--policy", home.configFile);
    assert.equal(total.changed, 0);
    for (const c of [total.cost?.each, total.latencyMs?.mean, total.latencyMs?.p50, total.quality])
      assert.deepEqual([c?.difference, c?.low, c?.high], [0, 0, 0]);
  });

  it("obeys another strategy, and prices that the policy alone has", async () => {
    // By the objective alone a small model that costs more than the large one is chosen for nothing, whatever the score.
    const small = { prices: { input: 1_000, output: 1_000 } };
    const policy = { routing: { strategy: "adaptive", quality: 0.5 }, models: { small } };
    const r = await report("--policy", file("adaptive.json", policy));
    assert.deepEqual(r.changes, [{ now: "small", policy: "large", requests: 3 }]);
    near(r.total.cost?.total, asRecorded, 3 * readAnew + asRecorded);
  });

  it("counts with the prices of a file, on both sides", async () => {
    const prices = file("prices.jsonc", '{ "large": { "input": 30, "cachedInput": 3, "output": 150 } } // ten times');
    const r = await report("--policy", file("strong.json", { routing: allStrong }), "--prices", prices);
    near(r.total.cost?.total, 10 * asRecorded, 10 * (3 * readAnew + asRecorded));
  });

  it("reads only the newest requests, or those of a time", async () => {
    const policy = ["--policy", file("strong.json", { routing: allStrong })];
    const newest = await report(...policy, "--limit", "1", "--by", "model");
    assert.equal(newest.traces.read, 1);
    assert.deepEqual(
      newest.groups.map((g) => [g.key, g.requests]),
      [["large", 1]],
    );
    const none = await run(...policy, "--to", "2020-01-01");
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no request of this time/);
  });

  it("prints a table for a person", async () => {
    const ended = await run("--policy", file("strong.json", { routing: allStrong }), "--by", "client");
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /cost a request +\$0\.\d+ +\$0\.\d+ +\+\$0\.\d+ +[+−]?\$0\.\d+ \.\. \+\$0\.\d+/);
    assert.match(ended.stdout, /3 of 4 requests \(75\.0 %\) change their model:\n +3 {2}small → large/);
    assert.match(ended.stdout, /expected quality/);
    assert.match(ended.stdout, /client +requests/);
  });

  it("leaves the daemon at its work", async () => {
    const policy = ["--policy", home.configFile];
    const before = (await report(...policy)).traces.read;
    assert.equal((await daemon.chat()).status, 200);
    await daemon.traces();
    assert.equal((await report(...policy)).traces.read, before + 1);
    assert.equal((await daemon.ask({ path: "/health" })).status, 200);
  });

  it("says that there is no ledger, with 1, and makes none", async () => {
    const none = join(home.root, "none");
    const ended = await run("--policy", home.configFile, "--data", none);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /no ledger in this data folder/);
    assert.equal(existsSync(none), false);
  });

  it("says why nothing can be replayed, with 1", async () => {
    const bare = file("nobody.json", { providers: { p: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" } } });
    const ended = await run("--policy", bare);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /none of the \d+ requests can be decided again.*would be refused \(.*model/);
  });

  const wrong: readonly [what: string, args: () => readonly string[], says: RegExp][] = [
    ["no policy", () => [], /--policy/],
    ["a policy that isn't there", () => ["--policy", "nowhere.json"], /nowhere\.json.*no such file/],
    [
      "a bad policy",
      () => ["--policy", file("bad.jsonc", '{\n  "routing": {\n    "qualty": 1 } }')],
      /bad\.jsonc:3:5: routing\.qualty.*"quality"/,
    ],
    [
      "bad prices",
      () => ["--policy", home.configFile, "--prices", file("bad-prices.jsonc", '{\n  "large": { "input": 3 } }')],
      /bad-prices\.jsonc:2:\d+: large\.output/,
    ],
    ["an unknown grouping", () => ["--policy", home.configFile, "--by", "day"], /task, model, client, not "day"/],
    ["a bad limit", () => ["--policy", home.configFile, "--limit", "0"], /--limit/],
    ["a bad time", () => ["--policy", home.configFile, "--from", "yesterday"], /"yesterday" is no time/],
    ["more than it takes", () => ["--policy", home.configFile, "more"], /unknown argument "more"/],
    ["an unknown flag", () => ["--policy", home.configFile, "--learn"], /--learn/],
  ];
  for (const [what, args, says] of wrong)
    it(`refuses ${what} with 2`, async () => {
      const ended = await run(...args());
      assert.equal(ended.code, 2, ended.stderr);
      assert.equal(ended.stdout, "");
      assert.match(ended.stderr, says);
      assert.ok(!/^\s+at /m.test(ended.stderr), "no stack trace");
    });
});
