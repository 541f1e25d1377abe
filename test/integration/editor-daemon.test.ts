import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../extension/daemon/connect.ts";
import { readReady } from "../../extension/daemon/locate.ts";
import { boundLog, rotateLog, tailOf } from "../../extension/daemon/log-file.ts";
import { ConfigFault, isAlive, startDaemon } from "../../extension/daemon/start.ts";

/** A stand-in for dist/switchyard.js: what it does is the test's. */
describe("a window that looks for its daemon", () => {
  let dir: string;
  const started: number[] = [];
  const never = new AbortController().signal;
  const start = async (script: string, signal = never) => {
    const bin = join(dir, "fake.mjs");
    await writeFile(bin, script);
    return startDaemon({ dataDir: dir, configFile: "/c.jsonc", idleSeconds: 300, bin }, signal);
  };
  const ready = (pid: string) =>
    `JSON.stringify({ http: "http://127.0.0.1:1", token: "t", socket: "/s", pid: ${pid}, version: "1" })`;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sw-"));
  });
  afterEach(async () => {
    for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    await rm(dir, { recursive: true });
  });

  it("finds nothing where none wrote its file, or half of it", async () => {
    assert.equal(await readReady(dir), null);
    await writeFile(join(dir, "daemon.json"), '{"http":');
    assert.equal(await readReady(dir), null);
  });

  it("takes a socket on which nobody listens for no daemon", async () => {
    assert.equal(await connect(join(dir, "none.sock")), null);
    const path = join(dir, "a.sock");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const socket = await connect(path);
    assert.ok(socket);
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it("starts one that outlives the start, with its options and the editor's own Node", async () => {
    const found = await start(`
      import { writeFileSync } from "node:fs";
      writeFileSync(${JSON.stringify(join(dir, "args"))}, JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE]));
      console.log(${ready("process.pid")});
      console.error("a line of log");
      setInterval(() => {}, 1000);`);
    started.push(found.pid);
    assert.equal(found.socket, "/s");
    assert.ok(isAlive(found.pid));
    const [args, asNode] = JSON.parse(await readFile(join(dir, "args"), "utf8"));
    assert.deepEqual(args, ["serve", "--json", "--data", dir, "--idle-exit", "300", "--config", "/c.jsonc"]);
    assert.equal(asNode, "1");
  });

  it("says what the log said when the configuration is bad", async () => {
    const error = await start(`console.error("config.jsonc:3: routing.qualty is unknown"); process.exitCode = 2;`).then(
      () => assert.fail("it started"),
      (e: unknown) => e,
    );
    assert.ok(error instanceof ConfigFault);
    assert.match(error.message, /config\.jsonc:3/);
  });

  it("takes the winner when another window's daemon got the lock", async () => {
    await writeFile(
      join(dir, "daemon.json"),
      JSON.stringify({ http: "http://127.0.0.1:1", token: "t", socket: "/winner", pid: process.pid, version: "1" }),
    );
    assert.equal((await start(`console.error("locked"); process.exitCode = 1;`)).socket, "/winner");
  });

  it("says why when it ended for another reason", async () => {
    await assert.rejects(start(`console.error("disk full"); process.exitCode = 1;`), /code 1.*disk full/);
  });

  it("starts one beside a folder that can't be written, and knows what it said", async () => {
    const dataDir = join(dir, "file");
    await writeFile(dataDir, "in the way");
    const bin = join(dir, "fake.mjs");
    const logs: string[] = [];
    const options = { dataDir, configFile: "", idleSeconds: 300, bin, onLog: (path: string) => void logs.push(path) };
    await writeFile(bin, `console.error("no room"); process.exitCode = 1;`);
    await assert.rejects(startDaemon(options, never), /code 1.*no room/);
    await writeFile(
      bin,
      `console.error("I keep nothing"); console.log(${ready("process.pid")}); setInterval(() => {}, 1000);`,
    );
    const found = await startDaemon(options, never);
    started.push(found.pid);
    assert.match(await readFile(logs[1]!, "utf8"), /I keep nothing/);
    if (process.platform !== "win32") assert.equal((await stat(logs[1]!)).mode & 0o077, 0);
    await rm(join(logs[1]!, ".."), { recursive: true });
  });

  it("leaves no half-started daemon when the window closes", async () => {
    const stop = new AbortController();
    const pidFile = join(dir, "pid");
    const starting = start(
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
      stop.signal,
    );
    starting.catch(() => {});
    let pid = 0;
    while (pid === 0) pid = Number(await readFile(pidFile, "utf8").catch(() => "0"));
    started.push(pid);
    stop.abort();
    await assert.rejects(starting, /closing/);
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("keeps the log bounded, its newest lines kept", async () => {
    const log = join(dir, "daemon.log");
    const line = `${"x".repeat(99)}\n`;
    await appendFile(log, line.repeat(85_000));
    await appendFile(log, "the last line\n");
    await boundLog(log);
    assert.ok((await stat(log)).size <= 1_000_000);
    assert.match(await tailOf(log, 200), /the last line\n$/);
    assert.ok((await readFile(log, "utf8")).startsWith("x".repeat(99)));
    await appendFile(log, line.repeat(2_000));
    await rotateLog(log);
    await assert.rejects(stat(log));
    assert.ok((await stat(`${log}.1`)).size > 0);
  });
});
