import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigFault } from "../../server/io/config/fault.ts";
import { type ConfigStore, openConfig } from "../../server/io/config/store.ts";
import type { Log } from "../../server/kit/log.ts";
import { configCommand } from "../../server/surfaces/cli/config.ts";

describe("configuration store", () => {
  let dir: string;
  let file: string;
  let logged: string[];
  let store: ConfigStore | null;
  const log: Log = (level, message) => void (level === "error" && logged.push(message));
  const open = (watch = false): ConfigStore => (store = openConfig({ file, env: {}, flags: {}, log, watch }));
  /** Replaces the file as editors do. */
  const save = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const changed = (s: ConfigStore): Promise<void> =>
    new Promise((resolve) => {
      const listening = s.onChange(() => {
        listening[Symbol.dispose]();
        resolve();
      });
    });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-config-"));
    file = join(dir, "config.jsonc");
    logged = [];
    store = null;
  });
  afterEach(() => {
    store?.close();
    rmSync(dir, { recursive: true });
  });

  it("throws at start when the file is bad or can't be read", () => {
    writeFileSync(file, `{"routing": {"quality": 2}}`);
    assert.throws(
      () => open(),
      (e) => e instanceof ConfigFault && e.code === "bad_config" && e.field === "routing.quality",
    );
    rmSync(file);
    mkdirSync(file);
    assert.throws(
      () => open(),
      (e) => e instanceof ConfigFault && /can't be read/.test(e.message),
    );
  });

  it("keeps the old one in force when the file turns bad, says so once, and recovers", () => {
    save(`{"routing": {"quality": 0.2}}`);
    const s = open();
    const seen: (string | null)[] = [];
    s.onChange((config, fault) => void seen.push(fault ? fault.field : String(config.routing.quality)));
    save(`{\n"routing": {"quality": 2}}`);
    s.reload();
    s.reload();
    assert.equal(s.current.routing.quality, 0.2);
    assert.deepEqual([s.fault?.line, s.fault?.field], [2, "routing.quality"]);
    assert.equal(logged.length, 1);
    save(`{"routing": {"quality": 0.3}}`);
    s.reload();
    s.reload();
    assert.equal(s.fault, null);
    assert.deepEqual(seen, ["routing.quality", "0.3"]);
  });

  it("forgets the fault when the file is put back as it was", () => {
    const text = `{"routing": {"quality": 0.2}}`;
    save(text);
    const s = open();
    save("{");
    s.reload();
    assert.ok(s.fault);
    save(text);
    s.reload();
    assert.equal(s.fault, null);
  });

  it("reloads when an editor replaces the file, and keeps what it said when it is removed", async () => {
    save(`{"routing": {"quality": 0.2}}`);
    const s = open(true);
    const first = changed(s);
    save(`{"routing": {"quality": 0.9}}`);
    await first;
    assert.equal(s.current.routing.quality, 0.9);
    assert.equal(s.origin("routing.quality"), "file");
    const second = changed(s);
    rmSync(file);
    await second;
    assert.equal(s.current.routing.quality, 0.9);
    assert.match(s.fault?.message ?? "", /is gone/);
    save(`{"routing": {"quality": 0.3}}`);
    s.reload();
    assert.deepEqual([s.current.routing.quality, s.fault], [0.3, null]);
  });

  it("sees a file whose folder is made later", async () => {
    file = join(dir, "deep", "er", "config.jsonc");
    const s = open(true);
    const seen = changed(s);
    mkdirSync(join(dir, "deep", "er"), { recursive: true });
    save(`{"log": {"level": "debug"}}`);
    await seen;
    assert.equal(s.current.log.level, "debug");
  });

  describe("switchyard config", () => {
    const run = async (args: string[], json = false, env: NodeJS.ProcessEnv = {}) => {
      const out: string[] = [];
      const err: string[] = [];
      const code = await configCommand(args, {
        configFile: file,
        dataDir: "/data",
        json,
        env,
        out: (line) => void out.push(line),
        err: (line) => void err.push(line),
      });
      return { code, out, err };
    };

    it("prints the file and what it sets", async () => {
      assert.deepEqual((await run([])).out, [`${file} (not there: the defaults hold)`]);
      save(`{"routing": {"quality": 0.2}, "privacy": {"deny": ["a"]}}`);
      assert.deepEqual((await run([])).out, [file, "  routing.quality = 0.2", `  privacy.deny = ["a"]`]);
      assert.deepEqual(JSON.parse((await run([], true)).out.join("")), {
        file,
        exists: true,
        dataDir: "/data",
        sets: { routing: { quality: 0.2 }, privacy: { deny: ["a"] } },
      });
    });

    it("prints the configuration in force and where each value came from", async () => {
      save(`{"routing": {"quality": 0.2}}`);
      const env = { SWITCHYARD_LOG__LEVEL: "debug" };
      const { out, code } = await run(["--effective"], false, env);
      assert.equal(code, 0);
      assert.ok(out.includes("routing.quality = 0.2  (file)"), out.join("\n"));
      assert.ok(out.includes(`log.level = "debug"  (environment)`));
      assert.ok(out.includes("server.port = 0  (default)"));
      const json = JSON.parse((await run(["--effective"], true, env)).out.join("")) as {
        config: { log: { level: string } };
        origins: Record<string, string>;
      };
      assert.equal(json.config.log.level, "debug");
      assert.equal(json.origins["log.level"], "environment");
    });

    it("ends with 2 on wrong use and on a bad file, with its line", async () => {
      assert.equal((await run(["--efective"])).code, 2);
      save(`{\n"x": 1}`);
      const { code, err, out } = await run([]);
      assert.equal(code, 2);
      assert.deepEqual(out, []);
      assert.match(err.join(), /config\.jsonc:2:1: x: is unknown/);
    });
  });
});
