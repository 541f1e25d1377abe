import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { type Daemon, newHome, runCommand, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const state = (reply: { headers: Record<string, unknown> }) => reply.headers["x-switchyard-cache"];
const ask = (content: string) => ({ model: "small", temperature: 0, messages: [{ role: "user", content }] });
const waitFor = async (what: string, f: () => boolean): Promise<void> => {
  for (let i = 0; !f(); i++) {
    if (i > 500) throw new Error(`waited in vain: ${what}`);
    await new Promise((r) => setTimeout(r, 10));
  }
};

describe("remembered answers", () => {
  const town = useUpstreams();
  const config = (storeText: boolean): ConfigInput => townConfig(town, { cache: { exact: {} }, ledger: { storeText } });
  const forget = async (daemon: Daemon, ...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(
      ["forget", ...args, "--json", "--data", daemon.home.dataDir],
      daemon.home.env,
    );
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { answers: number }).answers;
  };
  const files = (daemon: Daemon) => readdirSync(daemon.home.dataDir).filter((f) => f.startsWith("cache"));

  it("outlive a restart where text may be stored", async () => {
    using home = newHome();
    {
      await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
      assert.equal(state(await daemon.chat({ ...ask("Why?"), stream: true })), "miss");
    }
    await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
    const again = await daemon.chat({ ...ask("Why?"), stream: true });
    assert.equal(state(again), "exact");
    assert.match(again.text, /data: \[DONE\]/);
    assert.equal(town.gpu.calls.length, 1);
  });

  it("never reach the disk where it may not be, and go from it when the user takes that back", async () => {
    using home = newHome();
    town.gpu.script = () => ({ chunks: ["A very secret answer indeed."] });
    const written = () =>
      readdirSync(home.dataDir, { recursive: true, withFileTypes: true }).some(
        (f) => f.isFile() && readFileSync(join(f.parentPath, f.name)).includes("secret answer"),
      );
    {
      await using daemon = await startDaemon({ home, config: config(false), env: townEnv });
      await daemon.chat(ask("Why?"));
      assert.equal(state(await daemon.chat(ask("Why?"))), "exact");
      assert.deepEqual(files(daemon), []);
      assert.equal(written(), false);
    }
    {
      await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
      await daemon.chat(ask("Why?"));
      assert.deepEqual(files(daemon).includes("cache.sqlite"), true);
      daemon.configure(config(false));
      await waitFor("the file goes", () => files(daemon).length === 0);
    }
  });

  it("are forgotten by trace, by workspace, by time and all at once", async () => {
    await using daemon = await startDaemon({ config: config(true), env: townEnv });
    const inA = { "x-switchyard-workspace": "a" };
    const one = await daemon.chat(ask("One?"));
    await daemon.chat(ask("Two?"), inA);
    await daemon.chat(ask("Three?"));
    const given = await daemon.chat(ask("Three?"));
    assert.equal(await forget(daemon, "--trace", String(one.headers["x-switchyard-trace"])), 1);
    assert.equal(state(await daemon.chat(ask("One?"))), "miss");
    assert.equal(await forget(daemon, "--workspace", "a"), 1);
    assert.equal(state(await daemon.chat(ask("Two?"), inA)), "miss");
    assert.equal(await forget(daemon, "--before", "1h"), 0);
    assert.equal(await forget(daemon, "--trace", String(given.headers["x-switchyard-trace"])), 1);
    assert.equal(state(await daemon.chat(ask("Three?"))), "miss");
    assert.equal(await forget(daemon, "--since", "1h"), 3);
    assert.equal(await forget(daemon, "--all"), 0);
    assert.equal(state(await daemon.chat(ask("Three?"))), "miss");
  });

  it("are forgotten on the disk too when no daemon runs", async () => {
    using home = newHome();
    const daemon = await startDaemon({ home, config: config(true), env: townEnv });
    await daemon.chat(ask("Why?"));
    await daemon[Symbol.asyncDispose]();
    assert.equal(await forget(daemon, "--all"), 1);
    await using next = await startDaemon({ home, config: config(true), env: townEnv });
    assert.equal(state(await next.chat(ask("Why?"))), "miss");
  });

  it("are not forgotten by a command that doesn't say which", async () => {
    await using daemon = await startDaemon({ config: config(false), env: townEnv });
    for (const args of [[], ["--all", "--trace", "x"], ["--since", "yesterday"], ["everything"]]) {
      const { code, stderr } = await runCommand(["forget", ...args, "--data", daemon.home.dataDir], daemon.home.env);
      assert.equal(code, 2, stderr);
    }
    const refused = await daemon.ask({ path: "/admin/forget", method: "POST", body: "{}" });
    assert.equal(refused.status, 400);
  });

  it("don't come back when the file was held by another while they were forgotten", async () => {
    using home = newHome();
    {
      await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
      await daemon.chat(ask("Why?"));
      await waitFor("it is on the disk", () => {
        using db = new DatabaseSync(join(home.dataDir, "cache.sqlite"), { readOnly: true });
        return db.prepare("SELECT count(*) AS n FROM answer").get()!["n"] === 1;
      });
      using other = new DatabaseSync(join(home.dataDir, "cache.sqlite"));
      other.exec("BEGIN IMMEDIATE");
      assert.equal(await forget(daemon, "--all"), 1);
    }
    await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
    assert.equal(state(await daemon.chat(ask("Why?"))), "miss");
  });

  it("are gone from what is left of a damaged file too", async () => {
    using home = newHome();
    mkdirSync(home.dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(home.dataDir, "cache.sqlite"), "no database, but text ".repeat(500));
    await using daemon = await startDaemon({ home, config: config(true), env: townEnv });
    assert.equal(files(daemon).filter((f) => f.includes(".damaged-")).length, 1);
    await forget(daemon, "--all");
    assert.deepEqual(
      files(daemon).filter((f) => f.includes(".damaged-")),
      [],
    );
    await daemon.chat(ask("Why?"));
    assert.equal(state(await daemon.chat(ask("Why?"))), "exact");
  });

  it("go with the file while nothing is remembered any more", async () => {
    await using daemon = await startDaemon({ config: config(true), env: townEnv });
    await daemon.chat(ask("Why?"));
    await new Promise((r) => setTimeout(r, 300));
    daemon.configure(townConfig(town, { ledger: { storeText: true } }));
    for (let i = 0; state(await daemon.chat(ask("Why?"))) !== "off"; i++) assert.ok(i < 500);
    assert.equal(await forget(daemon, "--all"), 1);
  });
});
