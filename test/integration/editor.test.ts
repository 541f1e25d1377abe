import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CancellationTokenSource } from "vscode-languageserver/node";
import type { Decision } from "../../server/domain/decision.ts";
import { fault } from "../../server/domain/fault.ts";
import { protocolVersion } from "../../server/protocol/daemon.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { type EditorServer, serveEditors } from "../../server/surfaces/editor/serve.ts";
import { ownerOnly, prepareSocket } from "../../server/surfaces/editor/socket.ts";
import { FakeWindow, fakeDaemon, meter } from "../support/windows.ts";

const decision = (model: string): Decision => ({
  route: "direct",
  model,
  task: "chat",
  difficulty: "simple",
  stage: "classifier",
  score: 0.2,
  confidence: 0.8,
  reason: "short",
  us: 10,
  plan: { do: "call", model },
  arm: null,
});
const question = (id: string, context: { path: string; language: string; text: string }[] = []) => ({
  id,
  session: "s",
  workspace: null,
  model: "switchyard/auto",
  task: null,
  messages: [{ role: "user" as const, content: "Why?" }],
  context,
});
const next = async <T>(channel: AsyncIterator<T>): Promise<T> => (await channel.next()).value as T;
const rejection = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.fail("it was answered"),
    (e: Error) => e.message,
  );

describe("the editor's windows", () => {
  let dir: string;
  let fake: ReturnType<typeof fakeDaemon>;
  let server: EditorServer;
  let path: string;
  const windows: FakeWindow[] = [];
  const open = async (token?: string, processId?: number) => {
    const window = await FakeWindow.admitted(path, token, processId);
    windows.push(window);
    return window;
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sw-"));
    fake = fakeDaemon(dir);
    server = serveEditors(fake.deps);
    path = await server.listen();
  });
  afterEach(async () => {
    for (const window of windows.splice(0)) window.destroy();
    await server.close(0);
    await rm(dir, { recursive: true });
  });

  it("listens where only the owner can reach it", async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(path))).mode & 0o077, 0);
    assert.ok(Buffer.byteLength(path) <= 107);
  });

  it("refuses a wrong token, a foreign protocol and a malformed handshake, and closes", async () => {
    for (const [options, says] of [
      [{ protocol: protocolVersion, token: "wrong", window: "t" }, /token is wrong/],
      [{ protocol: 99, token: "the-token", window: "t" }, /Restart Daemon/],
      [{ hello: 1 }, /malformed/],
    ] as const) {
      const window = await FakeWindow.open(path);
      assert.match(await rejection(window.initialize(options)), says);
      await window.closed;
      window.destroy();
    }
    assert.equal(server.clients(), 0);
    assert.ok(!fake.logged.join("\n").includes('wrong"'), "a token is not logged");
  });

  it("answers nothing before the handshake", async () => {
    const window = await FakeWindow.open(path);
    assert.match(await rejection(window.request("state", null)), /shake hands/);
    window.destroy();
  });

  it("streams an answer to the window that asked, with the context before the question", async () => {
    const [one, other] = [await open(), await open()];
    assert.equal(server.clients(), 2);
    const events = one.notices("chatEvent");
    let strange = 0;
    other.connection.onNotification("switchyard/chatEvent", () => void strange++);
    const answer = one.request("chat", question("q1", [{ path: "/src/a.ts", language: "ts", text: "const a = 1;\n" }]));
    const served = await fake.nextServed();
    const prompt = served.request.prompt;
    assert.ok(prompt.kind === "chat");
    assert.equal(prompt.messages[0]?.content, "/src/a.ts\n```ts\nconst a = 1;\n```\n\nWhy?");
    served.say({ type: "decision", decision: decision("small") }, { type: "start", attempt: 0, model: "small" });
    served.say({ type: "first" }, { type: "text", text: "Be" }, { type: "text", text: "cause" });
    assert.deepEqual((await next(events)).event, { type: "model", model: "small", reason: "short" });
    assert.deepEqual((await next(events)).event, { type: "text", text: "Be" });
    assert.deepEqual((await next(events)).event, { type: "text", text: "cause" });
    served.done();
    const receipt = await answer;
    assert.equal(receipt.status, "ok");
    assert.equal(receipt.trace, served.request.id);
    assert.equal(strange, 0);
  });

  it("ends the request at once when its window cancels", async () => {
    const window = await open();
    const source = new CancellationTokenSource();
    const answer = window.request("chat", question("q"), source.token);
    const served = await fake.nextServed();
    const ended = new Promise<string>((resolve) => served.scope.onEnd(resolve));
    source.cancel();
    assert.equal(await ended, "cancelled in the editor");
    assert.equal((await answer).status, "cancelled");
  });

  it("ends a lost window's requests and leaves the others alone", async () => {
    const [one, other] = [await open(), await open()];
    void one.request("chat", question("q1")).catch(() => {});
    const lost = await fake.nextServed();
    const kept = other.request("chat", question("q2"));
    const going = await fake.nextServed();
    const ended = new Promise<string>((resolve) => lost.scope.onEnd(resolve));
    one.destroy();
    assert.equal(await ended, "the window is gone");
    assert.equal(going.scope.ended, false);
    going.done();
    assert.equal((await kept).status, "ok");
    assert.equal(server.clients(), 1);
  });

  it("survives a window's exit, and a window whose process does not exist", async () => {
    const one = await open("the-token", 2 ** 22 + 1);
    await one.connection.sendRequest("shutdown");
    await one.connection.sendNotification("exit");
    await one.closed;
    const other = await open();
    assert.equal((await other.request("state", null)).version, "1.2.3");
  });

  it("says which file is denied, by which rule, and keeps its text out of the prompt", async () => {
    const window = await open();
    const answer = window.request("chat", question("q", [{ path: "/w/.env", language: "", text: "KEY=hush" }]));
    const served = await fake.nextServed();
    assert.equal(served.request.egress.verdict, "nowhere");
    assert.ok(!JSON.stringify(served.request.prompt).includes("hush"));
    served.fail(fault("cannot", "nowhere"));
    const { error } = await answer;
    assert.match(error?.message ?? "", /\/w\/\.env.*deny:\*\*\/\.env\*.*privacy\.deny/);
  });

  it("names the field of a malformed request", async () => {
    const window = await open();
    const wrong = window.request("traces", { limit: "many" as unknown as number });
    assert.match(await rejection(wrong), /limit/);
  });

  it("completes from the synchronised document, after an edit too", async () => {
    const window = await open();
    const uri = "file:///w/a.ts";
    await window.open(uri, "typescript", "function add(a, b) {\n  return \n}\n");
    await window.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 0, character: 9 }, end: { line: 0, character: 12 } }, text: "sum" }],
    });
    const at = { uri, position: { line: 1, character: 9 }, workspace: null, automatic: true };
    const answer = window.request("complete", at);
    const served = await fake.nextServed();
    const { prompt, kind } = served.request;
    assert.equal(kind, "completion");
    assert.ok(prompt.kind === "fill");
    assert.equal(prompt.prefix, "function sum(a, b) {\n  return");
    assert.equal(prompt.suffix, "\n}\n");
    served.say({ type: "first" }, { type: "text", text: " a + b;" });
    served.done();
    assert.deepEqual(await answer, { text: "a + b;", reason: null, trace: served.request.id });
  });

  it("asks no model in a denied file, nor for a document it doesn't have, and says why", async () => {
    const window = await open();
    await window.open("file:///w/.env", "plaintext", "KEY=");
    const at = { position: { line: 0, character: 4 }, workspace: null, automatic: true };
    assert.match((await window.request("complete", { uri: "file:///w/.env", ...at })).reason ?? "", /privacy rule/);
    assert.match((await window.request("complete", { uri: "file:///x.ts", ...at })).reason ?? "", /not open/);
  });

  it("pushes the meter and the state, traces only to those who watch", async () => {
    const window = await open();
    const [meters, states, traces] = [
      window.notices("meterChanged"),
      window.notices("stateChanged"),
      window.notices("traceChanged"),
    ];
    fake.tellMeter({ ...meter, spentNanos: 5 });
    assert.equal((await next(meters)).spentNanos, 5);
    fake.tellState();
    assert.equal((await next(states)).version, "1.2.3");
    assert.equal(fake.traceListeners.size, 0);
    await window.request("watchTraces", { on: true });
    for (let i = 0; i < 50; i++) fake.tellTrace({ id: "t", totalMs: i } as Trace);
    assert.equal((await next(traces)).totalMs, 49, "changes close together are told once");
    await window.request("watchTraces", { on: false });
    assert.equal(fake.traceListeners.size, 0);
  });

  it("takes a key without a trace of it in the log", async () => {
    const window = await open();
    await window.request("secret", { name: "cloud", value: "sk-hush" });
    assert.equal(fake.secrets.get("cloud"), "sk-hush");
    assert.ok(!fake.logged.join("\n").includes("hush"));
  });

  it("reports long work and stops it when its window cancels", async () => {
    const window = await open();
    const progress = window.notices("workProgress");
    const source = new CancellationTokenSource();
    const pulling = window.request("pullModel", { id: "w", name: "m" }, source.token);
    assert.deepEqual(await next(progress), { id: "w", message: "fetching", done: 1, total: 10 });
    source.cancel();
    assert.match(await rejection(pulling), /stopped/);
  });

  it("lets what runs end before it closes", async () => {
    const window = await open();
    const answer = window.request("chat", question("q"));
    const served = await fake.nextServed();
    const closing = server.close(10_000);
    served.done();
    assert.equal((await answer).status, "ok");
    await closing;
    await window.closed;
  });
});

describe("the windows' socket directory", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "sw-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is never a symbolic link", async () => {
    await mkdir(join(dir, "real"));
    await symlink(join(dir, "real"), join(dir, "link"));
    await assert.rejects(ownerOnly(join(dir, "link")), /symbolic link/);
  });

  it("differs by version and data folder, and fits the kernel's limit", async () => {
    const env = { XDG_RUNTIME_DIR: dir };
    const paths = new Set<string>();
    for (const place of [
      { version: "1", dataDir: "/a" },
      { version: "2", dataDir: "/a" },
      { version: "1", dataDir: "/b" },
    ])
      paths.add(await prepareSocket(place, env));
    assert.equal(paths.size, 3);
    const deep = join(dir, "x".repeat(90));
    await mkdir(deep);
    const path = await prepareSocket({ version: "1", dataDir: "/a" }, { XDG_RUNTIME_DIR: deep });
    assert.ok(Buffer.byteLength(path) <= 107);
  });
});
