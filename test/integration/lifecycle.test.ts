import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ask } from "../support/client.ts";
import { newHome, runCommand, serveToEnd, startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

const unix = process.platform !== "win32";

/** Signals are POSIX: on Windows a process is only ever killed. */
const onUnix = unix ? it : it.skip;

describe("the daemon's life", () => {
  const town = useUpstreams();
  const options = () => ({ config: townConfig(town), env: townEnv });

  it("begins with exactly one line on stdout, when it is ready", async () => {
    await using daemon = await startDaemon(options());
    assert.equal((await daemon.chat()).status, 200);
    const lines = daemon.stdout().trimEnd().split("\n");
    assert.equal(lines.length, 1);
    const ready = JSON.parse(lines[0]!);
    assert.match(ready.http, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.ok(ready.token.length >= 32);
    assert.equal(typeof ready.pid, "number");
    assert.match(ready.version, /^\d+\.\d+\.\d+/);
    assert.ok(ready.socket.length > 0);
  });

  it("has a new token at each start", async () => {
    using home = newHome();
    const tokens = [];
    for (let i = 0; i < 2; i++) {
      await using daemon = await startDaemon({ ...options(), home });
      tokens.push(daemon.token);
    }
    assert.notEqual(tokens[0], tokens[1]);
  });

  onUnix("keeps its socket and its files to their owner", async () => {
    await using daemon = await startDaemon(options());
    assert.equal(statSync(daemon.socket).mode & 0o777, 0o600);
    assert.equal(statSync(join(daemon.socket, "..")).mode & 0o777, 0o700);
    assert.equal(statSync(daemon.home.dataDir).mode & 0o077, 0);
    // The lock holds nothing: what it says lies in the system's table of locks.
    for (const name of readdirSync(daemon.home.dataDir).filter((f) => f !== "daemon.lock")) {
      const mode = statSync(join(daemon.home.dataDir, name)).mode;
      assert.equal(mode & 0o077, 0, `${name}: ${(mode & 0o777).toString(8)}`);
    }
  });

  it("is alone in its data folder: a second one ends with 1 and says who is there", async () => {
    using home = newHome();
    await using first = await startDaemon({ ...options(), home });
    const second = await serveToEnd({ ...options(), home });
    assert.equal(second.code, 1, second.stderr);
    assert.equal(second.stdout, "");
    assert.match(second.stderr, /another|already/i);
    assert.ok(second.stderr.includes(home.dataDir), second.stderr);
    assert.equal((await first.chat()).status, 200);
  });

  it("of two that start at once in one data folder exactly one serves", async () => {
    using home = newHome();
    const both = await Promise.allSettled([startDaemon({ ...options(), home }), startDaemon({ ...options(), home })]);
    const alive = both.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
    try {
      assert.equal(alive.length, 1);
      assert.equal((await alive[0]!.chat()).status, 200);
    } finally {
      for (const daemon of alive) await daemon[Symbol.asyncDispose]();
    }
  });

  it("killed in mid-request, is taken over; the request is interrupted and earlier figures are unchanged", async () => {
    using home = newHome();
    const first = await startDaemon({ ...options(), home });
    const paid = await first.chat({ model: "large" });
    const earlier = await first.ended(String(paid.headers["x-switchyard-trace"]));
    town.cloud.script = () => ({ stall: "middle" });
    const live = await first.openChat({ model: "large", stream: true });
    await live.next();
    const id = String(live.headers["x-switchyard-trace"]);
    assert.equal((await first.trace(id)).status, "running");
    await first.kill("SIGKILL");
    live.close();

    await using second = await startDaemon({ ...options(), home });
    const interrupted = await second.trace(id);
    assert.equal(interrupted.status, "interrupted");
    assert.equal(interrupted.attempts[0]?.model, "large");
    assert.equal(interrupted.attempts[0]?.outcome, "cancelled");
    assert.ok(interrupted.cost.nanos! > 0, "what was sent is paid for, and counted");
    assert.deepEqual(await second.trace(earlier.id), earlier);
    const stats = await second.stats();
    assert.equal(stats.total.requests, 2);
    assert.equal(stats.total.interrupted, 1);
    assert.equal(stats.total.costNanos, earlier.cost.nanos! + interrupted.cost.nanos!);
    town.cloud.clear();
    assert.equal((await second.chat({ model: "large" })).status, 200);
  });

  onUnix(
    "on SIGTERM lets a running request end, accepts no other, closes idle connections and ends with 0",
    async () => {
      const daemon = await startDaemon(options());
      await using _ = daemon;
      const { port } = new URL(daemon.http);
      const idle = connect(Number(port), "127.0.0.1");
      idle.on("error", () => {});
      const idleClosed = new Promise<void>((resolve) => idle.on("close", () => resolve()));
      await new Promise<void>((resolve) => {
        idle.write(`GET /health HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
        idle.once("data", () => resolve());
      });
      town.gpu.script = () => ({ chunks: Array.from({ length: 40 }, () => "tick "), gapMs: 20 });
      const running = daemon.chat({ stream: true });
      await town.gpu.untilCalls(1);
      process.kill(daemon.pid, "SIGTERM");
      await idleClosed;
      await assert.rejects(ask(daemon.http, { path: "/health" }), /ECONNREFUSED|ECONNRESET|hang up/);
      const reply = await running;
      assert.match(reply.text, /\[DONE\]/);
      const ended = await daemon.exit;
      assert.deepEqual([ended.code, ended.signal], [0, null]);
      assert.ok(!existsSync(daemon.socket), "the socket is gone");
    },
  );

  onUnix("ends with 0 on SIGINT at rest, at once", async () => {
    const daemon = await startDaemon(options());
    await using _ = daemon;
    assert.equal((await daemon.kill("SIGINT")).code, 0);
  });

  it("stays without clients unless an idle exit is asked for", async () => {
    await using daemon = await startDaemon({ ...options(), args: ["--idle-exit", "1"] });
    const ended = await daemon.exit;
    assert.equal(ended.code, 0, ended.stderr);
  });

  it("does not count a running request as idle", async () => {
    town.gpu.script = () => ({ ttftMs: 2_000 });
    await using daemon = await startDaemon({ ...options(), args: ["--idle-exit", "1"] });
    assert.equal((await daemon.chat()).status, 200);
    assert.equal((await daemon.exit).code, 0);
  });

  it("takes the port that it is given, and says so when it is taken", async () => {
    await using first = await startDaemon(options());
    const { port } = new URL(first.http);
    const second = await serveToEnd({ ...options(), args: ["--port", port] });
    assert.equal(second.code, 1, second.stderr);
    assert.match(second.stderr, new RegExp(port));
    await first[Symbol.asyncDispose]();
    await using third = await startDaemon({ ...options(), args: ["--port", port] });
    assert.equal(new URL(third.http).port, port);
  });

  it("serves nobody beyond loopback without named clients", async () => {
    const ended = await serveToEnd({ ...options(), args: ["--host", "0.0.0.0"] });
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, /host|loopback/i);
  });

  it("refuses a wrong command line with 2", async () => {
    using home = newHome();
    for (const args of [
      ["serve", "--prot", "1"],
      ["serve", "--port", "abc"],
      ["nonsense"],
      ["serve", "extra"],
      ["serve", "--port"],
    ]) {
      const ended = await runCommand([...args, "--data", home.dataDir], home.env);
      assert.equal(ended.code, 2, `${args.join(" ")}: ${ended.stderr}`);
      assert.equal(ended.stdout, "");
      assert.notEqual(ended.stderr, "");
    }
  });

  onUnix("ends what still runs ten seconds after SIGTERM, and tells each client so", async () => {
    using home = newHome();
    const { gpu, cloud } = town;
    const timeouts = { firstTokenMs: 60_000, betweenTokensMs: 60_000 };
    const daemon = await startDaemon({ config: townConfig({ gpu, cloud, timeouts }), env: townEnv, home });
    await using _ = daemon;
    town.gpu.script = ({ text }) => ({ stall: text.includes("middle") ? "middle" : "accept" });
    const ask = (content: string) => daemon.chat({ stream: true, messages: [{ role: "user", content }] });
    const both = Promise.all([ask("Stop in the middle"), ask("Say nothing")]);
    await town.gpu.untilCalls(2);
    process.kill(daemon.pid, "SIGTERM");
    const [begun, silent] = await both;
    assert.equal(begun.status, 200);
    assert.match(begun.text, /"code":"shutting_down"/);
    assert.doesNotMatch(begun.text, /\[DONE\]/);
    assert.deepEqual([silent.status, silent.json.error.code], [503, "shutting_down"]);
    assert.deepEqual((await daemon.exit).code, 0);
    assert.equal(town.cloud.calls.length, 0, "nobody else is asked for an answer that nobody waits for");
    await using next = await startDaemon({ ...options(), home });
    for (const { status, error, attempts } of await next.traces())
      assert.deepEqual(
        [status, error?.code, attempts.map((a) => a.outcome)],
        ["error", "shutting_down", ["cancelled"]],
      );
  }).timeout(30_000);

  it("starts and serves beside a ledger that is broken, and says so", async () => {
    using home = newHome();
    {
      await using daemon = await startDaemon({ ...options(), home });
      assert.equal((await daemon.chat()).status, 200);
    }
    const files = readdirSync(home.dataDir).filter((f) => /\.(db|sqlite3?)$/.test(f));
    assert.equal(files.length, 1, `one ledger among ${readdirSync(home.dataDir)}`);
    const file = join(home.dataDir, files[0]!);
    for (const name of readdirSync(home.dataDir))
      if (/-(wal|shm)$/.test(name)) writeFileSync(join(home.dataDir, name), "");
    writeFileSync(file, Buffer.alloc(8_192, "not a database "));
    const broken = readFileSync(file);
    await using daemon = await startDaemon({ ...options(), home });
    assert.equal((await daemon.chat()).status, 200);
    const kept = readdirSync(home.dataDir).some((f) =>
      readFileSync(join(home.dataDir, f)).subarray(0, 8_192).equals(broken),
    );
    assert.ok(kept, "the broken file is kept for its owner");
    assert.match(daemon.stderr(), /ledger|database/i);
  });
});
