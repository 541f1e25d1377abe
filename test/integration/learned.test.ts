import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { type LearnedReport, learnedSchema } from "../../server/protocol/learned.ts";
import type { Signal, Trace } from "../../server/protocol/trace.ts";
import { type Daemon, type Home, newHome, runCommand, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const waitFor = async <T>(what: string, f: () => Promise<T | null>): Promise<T> => {
  for (let i = 0; i < 300; i++) {
    const found = await f();
    if (found !== null) return found;
    await new Promise((r) => setTimeout(r, 20));
  }
  throw new Error(`waited in vain: ${what}`);
};

describe("what people do with answers", () => {
  const town = useUpstreams();
  /** The band lies where what was learned of an easy question reaches beyond it, whatever is drawn. */
  const routing = { primary: "small", escalation: "large", baseline: "large", band: [0.15, 0.2] } as const;
  const config = (more: Partial<ConfigInput> = {}): ConfigInput =>
    townConfig(town, { routing: { ...routing, band: [...routing.band] }, ...more });
  const start = (home: Home, more?: Partial<ConfigInput>) => startDaemon({ home, config: config(more), env: townEnv });

  /** Asks for a fix, and returns the trace of the answer. */
  const fix = async (daemon: Daemon): Promise<Trace> => {
    const reply = await daemon.chat(
      { messages: [{ role: "user", content: "Fix it." }], max_tokens: 100 },
      { "x-switchyard-task": "fix" },
    );
    assert.equal(reply.status, 200, reply.text);
    return daemon.ended(String(reply.headers["x-switchyard-trace"]));
  };
  const feedback = (daemon: Daemon, body: unknown) =>
    daemon.ask({ path: "/admin/feedback", method: "POST", body: JSON.stringify(body) });
  const tell = async (daemon: Daemon, trace: string, signal: Signal) => {
    const reply = await feedback(daemon, { trace, signal });
    assert.deepEqual([reply.status, reply.json], [200, { known: true }]);
  };
  const learned = async (daemon: Daemon): Promise<LearnedReport> =>
    learnedSchema.parse((await daemon.ask({ path: "/admin/learned" })).json);
  const undoTwenty = async (daemon: Daemon): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) {
      const { id, decision } = await fix(daemon);
      assert.equal(decision?.model, "small");
      ids.push(id);
    }
    for (const id of ids) await tell(daemon, id, "undone");
    return ids;
  };
  /** Asks until what was learned, or forgotten, has reached the decisions. */
  const answeredBy = (daemon: Daemon, model: string): Promise<Trace> =>
    waitFor(`${model} answers`, async () => {
      const trace = await fix(daemon);
      return trace.decision?.model === model ? trace : null;
    });
  const command = async (home: Home, ...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(
      ["learned", ...args, "--config", home.configFile, "--data", home.dataDir],
      { ...home.env, ...townEnv },
    );
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it("moves later requests of the task away from the model, across a restart, until it is reset", async () => {
    using home = newHome();
    let ids: string[];
    let before: LearnedReport;
    {
      await using daemon = await start(home);
      ids = await undoTwenty(daemon);
      const { decision } = await answeredBy(daemon, "large");
      assert.equal(decision?.stage, "learner");
      assert.match(decision.reason, /what you did with answers|by what you did/);
      before = await learned(daemon);
      assert.equal(before.since, null);
      const [row] = before.rows;
      assert.deepEqual([row?.task, row?.model, row?.answers, row?.reward], ["fix", "small", 20, 0]);
      assert.ok(row!.shift < -0.1 && row!.shift >= -0.4, String(row!.shift));
      const metrics = (await daemon.ask({ path: "/metrics" })).text;
      assert.match(metrics, /^switchyard_learned_answers 20$/m);
    }
    await using daemon = await start(home);
    const trace = await daemon.trace(ids[0]!);
    assert.equal(trace.feedback?.reward, 0);
    assert.deepEqual(
      trace.feedback.signals.map((s) => s.signal),
      ["undone"],
    );
    assert.deepEqual(await learned(daemon), before);
    assert.equal((await answeredBy(daemon, "large")).decision?.stage, "learner");

    // Minutes later, by a process that never saw the request: it left memory long ago.
    await tell(daemon, ids[1]!, "retried");
    assert.deepEqual(
      (await daemon.trace(ids[1]!)).feedback?.signals.map((s) => s.signal),
      ["undone", "retried"],
    );

    const reset = await daemon.ask({ path: "/admin/learned", method: "DELETE" });
    assert.deepEqual([reset.status, reset.json.rows], [200, []]);
    assert.ok(Date.parse((await learned(daemon)).since!) > 0);
    assert.equal((await fix(daemon)).decision?.model, "small");
    assert.equal((await daemon.trace(ids[0]!)).feedback?.reward, 0);
  });

  it("says the same after the daemon was killed, also of what was told while the answer was under way", async () => {
    using home = newHome();
    let before: LearnedReport;
    {
      await using daemon = await start(home);
      for (const say of [
        "Fix this: const a = ;",
        "Explain closures in JavaScript.",
        "Fix the off-by-one in my loop.",
      ]) {
        const held = Promise.withResolvers<void>();
        town.gpu.script = () => ({ after: held.promise });
        const calls = town.gpu.calls.length;
        const answer = daemon.chat({ messages: [{ role: "user", content: say }] });
        await town.gpu.untilCalls(calls + 1);
        const [running] = await daemon.traces("?status=running");
        await tell(daemon, running!.id, "undone");
        held.resolve();
        await answer;
        await daemon.ended(running!.id);
      }
      town.gpu.script = () => ({});
      before = await learned(daemon);
      assert.equal(
        before.rows.reduce((sum, row) => sum + row.answers, 0),
        3,
      );
      await daemon.kill("SIGKILL");
    }
    await using daemon = await start(home);
    assert.deepEqual(await learned(daemon), before);
  });

  it("is asked of a daemon of an older version in vain, and the command says what to do", async () => {
    using home = newHome();
    mkdirSync(home.dataDir);
    // Like a daemon that knows nothing of this, the upstream answers 404.
    const ready = { http: `http://127.0.0.1:${town.gpu.port}`, token: "t", socket: "s", pid: 1, version: "0.0.1" };
    writeFileSync(join(home.dataDir, "daemon.json"), JSON.stringify(ready));
    for (const command of ["learned", "ab-test"]) {
      const { code, stdout, stderr } = await runCommand([command, "--data", home.dataDir], home.env);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /can't do this: it is of another version\. Restart it\.$/m);
    }
  });

  it("is stored and not used where the learner is off", async () => {
    using home = newHome();
    await using daemon = await start(home, { learner: { enabled: false } });
    const ids = await undoTwenty(daemon);
    const report = await learned(daemon);
    assert.equal(report.enabled, false);
    assert.equal(report.rows[0]?.answers, 20);
    assert.equal((await fix(daemon)).decision?.model, "small");
    assert.equal((await daemon.trace(ids[19]!)).feedback?.reward, 0);
    daemon.configure(config());
    assert.equal((await answeredBy(daemon, "large")).decision?.stage, "learner");
    assert.equal((await learned(daemon)).enabled, true);
  });

  it("is refused where it can't be joined to an answer, or isn't understood", async () => {
    using home = newHome();
    await using daemon = await start(home);
    const { id } = await fix(daemon);
    const unknown = await feedback(daemon, { trace: "nobody", signal: "kept" });
    assert.equal(unknown.status, 404);
    assert.match(unknown.json.error.message, /There is no trace "nobody"/);
    for (const body of [{ trace: id, signal: "liked" }, { trace: id }, { trace: id, signal: "kept", more: 1 }, []]) {
      const refused = await feedback(daemon, body);
      assert.equal(refused.status, 400);
      assert.equal(refused.json.error.code, "bad_request");
    }
    const named = (await feedback(daemon, { trace: id, signal: "liked" })).json.error.message;
    for (const signal of ["kept", "edited", "diagnostics", "undone", "retried", "escalated"])
      assert.ok(named.includes(signal), named);
    assert.equal((await daemon.trace(id)).feedback, null);
    assert.deepEqual((await learned(daemon)).rows, []);
  });

  it("is printed and forgotten by a command, with a daemon and without one", async () => {
    using home = newHome();
    {
      await using daemon = await start(home);
      assert.equal(await command(home), "Nothing was learned yet.\n");
      const [a, b] = [await fix(daemon), await fix(daemon)];
      await tell(daemon, a.id, "kept");
      await tell(daemon, b.id, "edited");
      const [heads, row, ...rest] = (await command(home)).trimEnd().split("\n");
      assert.match(heads!, /^task +model +answers +weight +expected +reward +shift$/);
      assert.match(row!, /^fix +small +2 +2\.0 +0\.\d\d +0\.85 +[+-]?0\.\d\d$/);
      assert.deepEqual(rest, []);
      assert.deepEqual(JSON.parse(await command(home, "--json")), await learned(daemon));
      const { code, stderr } = await runCommand(["learned", "everything", "--data", home.dataDir], home.env);
      assert.deepEqual([code, /usage: switchyard learned/.test(stderr)], [2, true]);
    }
    const onDisk = learnedSchema.parse(JSON.parse(await command(home, "--json")));
    assert.deepEqual(
      onDisk.rows.map((r) => [r.task, r.model, r.answers]),
      [["fix", "small", 2]],
    );
    assert.match(await command(home, "--reset"), /^Nothing was learned yet\.\nCounted since /);
    await using daemon = await start(home);
    assert.deepEqual((await learned(daemon)).rows, []);
  });
});
