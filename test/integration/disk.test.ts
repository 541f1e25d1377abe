import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Problem } from "../../server/protocol/editor.ts";
import { bin, type Daemon, type Home, newHome, serveToEnd, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { skip } from "../support/skip.ts";
import { useUpstreams } from "../support/town.ts";
import { FakeWindow } from "../support/windows.ts";

const { platform } = process;
const says = /^(?=.*ledger\.sqlite can't be)(?=.*nothing more is recorded)(?=.*kept in memory)/m;

/** What a window shows of the ledger. */
async function problemOf({ socket, token }: Daemon): Promise<Problem | undefined> {
  const window = await FakeWindow.admitted(socket, token);
  const { problems } = await window.request("state", null);
  window.destroy();
  return problems.find((p) => p.code === "ledger");
}

async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await test()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ten seconds in vain until ${what}`);
}

const errorLines = (stderr: string): string[] => stderr.split("\n").filter((l) => /^\S+ error /.test(l));

describe("a disk that can't be written", function () {
  this.timeout(30_000);
  const town = useUpstreams();
  const options = () => ({ config: townConfig(town), env: townEnv });

  /** The daemon serves, counts, and says once in its log and to its windows that it doesn't record. */
  async function servesUnrecorded(daemon: Daemon): Promise<void> {
    for (let i = 0; i < 3; i++) assert.equal((await daemon.chat({ model: "large" })).status, 200);
    const { total } = await daemon.stats();
    assert.equal(total.requests, 3);
    assert.ok(total.costNanos > 0);
    assert.equal((await daemon.traces()).length, 3);
    assert.equal(errorLines(daemon.stderr()).length, 1, daemon.stderr());
    assert.match(daemon.stderr(), says);
    const problem = await problemOf(daemon);
    assert.match(problem?.message ?? "", says);
    assert.equal(problem?.action, "show-log");
  }

  describe("at the start", () => {
    it("a file in the folder's place: serves, and says that nothing is recorded", async () => {
      using home = newHome();
      writeFileSync(home.dataDir, "in the way");
      await using daemon = await startDaemon({ ...options(), home });
      await servesUnrecorded(daemon);
      assert.match(daemon.stderr(), /The data folder .* can't be used .*--data/);
      assert.ok(!existsSync(join(home.dataDir, "daemon.json")));
      assert.equal((await daemon.kill("SIGTERM")).code, platform === "win32" ? null : 0);
      assert.ok(platform === "win32" || !existsSync(daemon.socket), "the socket is gone");
    });

    it("a folder that no system would make (/proc, below a device): is not waited for", async function () {
      if (platform !== "linux") skip(this, "/proc is Linux's");
      using home = newHome();
      for (const dataDir of ["/proc/switchyard/data", "/proc/switchyard", "/dev/null/data"]) {
        await using daemon = await startDaemon({ ...options(), home: { ...home, dataDir } });
        await servesUnrecorded(daemon);
      }
    });

    it("a read-only folder: serves beside what lies in it, twice if need be", async function () {
      if (platform === "win32") skip(this, "permission bits are POSIX");
      using home = newHome();
      {
        await using daemon = await startDaemon({ ...options(), home });
        await daemon.chat();
      }
      const before = readdirSync(home.dataDir);
      using _ = readOnly(home);
      await using first = await startDaemon({ ...options(), home, under: bound });
      await using second = await startDaemon({ ...options(), home, under: bound });
      await servesUnrecorded(first);
      await servesUnrecorded(second);
      assert.notEqual(first.socket, second.socket);
      assert.deepEqual(readdirSync(home.dataDir), before);
    });

    it("a folder that became read-only under another daemon: is refused as ever", async function () {
      if (platform === "win32") skip(this, "permission bits are POSIX");
      using home = newHome();
      await using first = await startDaemon({ ...options(), home });
      using _ = readOnly(home);
      const second = await serveToEnd({ ...options(), home, under: bound });
      assert.deepEqual([second.code, second.stdout], [1, ""], second.stderr);
      assert.match(second.stderr, /Another daemon serves .*\/d\./);
      assert.equal((await first.chat()).status, 200);
    });

    it("no place for the windows' socket where it usually is: takes the next", async function () {
      if (platform === "win32") skip(this, "a pipe of Windows needs no folder");
      using home = newHome();
      writeFileSync(join(home.root, "run", "switchyard"), "in the way");
      const env = { ...townEnv, ...(platform === "linux" ? { TMPDIR: "/proc/none" } : {}) };
      await using daemon = await startDaemon({ ...options(), env, home });
      assert.ok(!daemon.socket.startsWith(home.root), daemon.socket);
      assert.equal(await problemOf(daemon), undefined);
    });

    it("records from the moment the folder can be had, what came before included", async () => {
      using home = newHome();
      writeFileSync(home.dataDir, "in the way");
      {
        await using daemon = await startDaemon({ ...options(), home });
        await servesUnrecorded(daemon);
        rmSync(home.dataDir);
        await eventually("it records", async () => (await problemOf(daemon)) === undefined);
        assert.equal((await daemon.stats()).total.requests, 3);
        await daemon.kill("SIGKILL");
      }
      await using next = await startDaemon({ ...options(), home });
      assert.equal((await next.stats()).total.requests, 3);
      assert.equal(next.stderr(), "");
    });
  });

  describe("while it runs", () => {
    it("full: serves, says so, and writes all of it when there is room", async function () {
      if (platform !== "linux") skip(this, "prlimit, which limits a running process's files, is Linux's");
      using home = newHome();
      {
        await using daemon = await startDaemon({ ...options(), home });
        const kept = await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
        limitFiles(daemon, "1000");
        await Promise.all(Array.from({ length: 300 }, () => daemon.chat({ model: "large" })));
        const { total } = await daemon.stats();
        assert.deepEqual([total.requests, total.ok], [301, 301]);
        assert.match((await problemOf(daemon))?.message ?? "", says);
        assert.equal(errorLines(daemon.stderr()).length, 1, daemon.stderr());
        assert.equal(recorded(home).length, 1);
        limitFiles(daemon, "unlimited");
        await eventually("it records", async () => (await problemOf(daemon)) === undefined);
        assert.match(daemon.stderr(), /the ledger is written again/);
        assert.equal(recorded(home).length, 301);
        assert.deepEqual((await daemon.stats()).total, total);
        assert.deepEqual(await daemon.trace(kept.id), kept);
        await daemon.kill("SIGKILL");
      }
      assert.equal(integrity(home), "ok");
      await using next = await startDaemon({ ...options(), home });
      assert.equal((await next.stats()).total.requests, 301);
    });

    it("full until its end: ends with 0, says what is lost, and leaves the file whole", async function () {
      if (platform !== "linux") skip(this, "prlimit, which limits a running process's files, is Linux's");
      using home = newHome();
      await using daemon = await startDaemon({ ...options(), home });
      await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
      limitFiles(daemon, "1000");
      for (let i = 0; i < 5; i++) await daemon.chat();
      const { code, stderr } = await daemon.kill("SIGTERM");
      assert.equal(code, 0, stderr);
      assert.match(stderr, /could not be written lost=5/);
      assert.equal(integrity(home), "ok");
      assert.equal(recorded(home).length, 1);
    });

    it("its folder gives way to a file: serves and says so; given back, writes what it kept", async function () {
      if (platform === "win32") skip(this, "Windows moves no folder whose files are open");
      using home = newHome();
      await using daemon = await startDaemon({ ...options(), home });
      await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
      renameSync(home.dataDir, `${home.dataDir}.away`);
      writeFileSync(home.dataDir, "in the way");
      await daemon.chat();
      assert.equal((await daemon.stats()).total.requests, 2);
      assert.match((await problemOf(daemon))?.message ?? "", says);
      rmSync(home.dataDir);
      renameSync(`${home.dataDir}.away`, home.dataDir);
      await eventually("it records", async () => (await problemOf(daemon)) === undefined);
      assert.equal(recorded(home).length, 2);
    });

    it("its folder is removed: begins a new ledger and tells again where it is", async function () {
      if (platform === "win32") skip(this, "Windows removes no file that is open");
      using home = newHome();
      await using daemon = await startDaemon({ ...options(), home });
      await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
      rmSync(home.dataDir, { recursive: true });
      await daemon.ended(String((await daemon.chat()).headers["x-switchyard-trace"]));
      assert.equal(recorded(home).length, 1);
      assert.match(daemon.stderr(), /ledger\.sqlite was removed/);
      await eventually("it tells", () => existsSync(join(home.dataDir, "daemon.json")));
    });

    it("its folder is removed and a request runs: on SIGTERM the answer ends whole, and the daemon with 0", async function () {
      if (platform === "win32") skip(this, "signals are POSIX");
      using home = newHome();
      await using daemon = await startDaemon({ ...options(), home });
      town.gpu.script = () => ({ chunks: Array.from({ length: 40 }, () => "tick "), gapMs: 20 });
      const running = daemon.chat({ stream: true });
      await town.gpu.untilCalls(1);
      rmSync(home.dataDir, { recursive: true });
      const ended = daemon.kill("SIGTERM");
      assert.match((await running).text, /\[DONE\]/);
      const { code, stderr } = await ended;
      assert.equal(code, 0, stderr);
      assert.deepEqual(errorLines(stderr), []);
    });
  });

  it("serves on when its log can't be written", async () => {
    using home = newHome();
    const { config, env } = options();
    writeFileSync(home.configFile, JSON.stringify(config));
    const args = [bin, "serve", "--json", "--config", home.configFile, "--data", home.dataDir];
    const child = spawn(process.execPath, args, {
      env: { ...home.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const ready = JSON.parse(await new Promise<string>((r) => child.stdout.once("data", (b) => r(String(b)))));
      child.stderr.destroy();
      child.stdout.destroy();
      town.gpu.script = () => ({ status: 400, body: "{}" }); // which is logged
      const ask = () =>
        fetch(`${ready.http}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: `Bearer ${ready.token}`, "content-type": "application/json" },
          body: JSON.stringify({ model: "small", messages: [{ role: "user", content: "Say hello." }] }),
        });
      for (let i = 0; i < 3; i++) {
        assert.equal((await ask()).status, 400);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
    } finally {
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
  });
});

/** From now on no file of the process may grow beyond so many bytes: as on a full disk, writing fails. */
function limitFiles({ pid }: Daemon, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}

/** Permissions don't bind root, unless it does without that privilege. */
const bound = process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override"] : [];

/** Nothing can be made in the data folder or removed from it. */
function readOnly({ dataDir }: Home): Disposable {
  chmodSync(dataDir, 0o500);
  return { [Symbol.dispose]: () => chmodSync(dataDir, 0o700) };
}

/** The statuses in the file, as another process sees them. */
function recorded({ dataDir }: Home): string[] {
  const db = open(dataDir);
  const rows = db.prepare("SELECT status FROM trace ORDER BY n").all();
  db.close();
  return rows.map((row) => String(row["status"]));
}

function integrity({ dataDir }: Home): string {
  const db = open(dataDir);
  const answer = db.prepare("PRAGMA integrity_check").get();
  db.close();
  return String(answer?.["integrity_check"]);
}

const open = (dataDir: string): DatabaseSync => new DatabaseSync(join(dataDir, "ledger.sqlite"), { readOnly: true });
