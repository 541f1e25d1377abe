import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { begin, type Reply } from "../support/client.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { Upstream } from "../support/upstream.ts";

/** One provider of the user's own; its two models can chat and complete. */
function configOf(upstream: Upstream, maxConcurrent?: number, more: Partial<ConfigInput> = {}): ConfigInput {
  const places = maxConcurrent === undefined ? {} : { maxConcurrent };
  return {
    providers: { gpu: { kind: "openai", baseUrl: upstream.baseUrl, locality: "local", ...places } },
    models: { small: { provider: "gpu", name: "small-model" }, large: { provider: "gpu", name: "large-model" } },
    ...more,
  };
}

/** An upstream whose answers wait for a word. */
async function slowUpstream(): Promise<{ gpu: Upstream; open: () => void } & AsyncDisposable> {
  const gpu = await Upstream.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  gpu.script = () => ({ after: promise });
  return { gpu, open: resolve, [Symbol.asyncDispose]: () => gpu[Symbol.asyncDispose]() };
}

interface Sent {
  readonly kind?: "chat" | "completion";
  readonly stream?: boolean;
  readonly session?: string;
  /** Told apart by it at the upstream. */
  readonly text: string;
}

/** Sends a request, and waits until the daemon has it: where nothing is free, it stands in the queue then. */
async function enter(daemon: Daemon, { kind = "chat", stream = false, session, text }: Sent) {
  const before = (await daemon.traces("?limit=1000")).length;
  const prompt = kind === "chat" ? { messages: [{ role: "user", content: text }] } : { prompt: text };
  const reply = daemon.ask({
    path: kind === "chat" ? "/v1/chat/completions" : "/v1/completions",
    body: JSON.stringify({ model: "small", stream, ...prompt }),
    ...(session ? { headers: { "x-switchyard-session": session } } : {}),
  });
  while ((await daemon.traces("?limit=1000")).length === before) await sleep(5);
  return { reply };
}

/** What the upstream was asked for, in its order. */
const order = (upstream: Upstream, texts: readonly string[]): (string | undefined)[] =>
  upstream.calls.map((c) => texts.find((t) => c.text.includes(t)));

async function allOk(sent: readonly { readonly reply: Promise<Reply> }[]): Promise<void> {
  for (const reply of await Promise.all(sent.map((s) => s.reply))) assert.equal(reply.status, 200, reply.text);
}

describe("a provider with few places", () => {
  it("is never asked more than its server says it serves at once, and all get their answers", async () => {
    await using gpu = await Upstream.start({ slots: 2 });
    gpu.script = () => ({ ttftMs: 20, gapMs: 1 });
    await using daemon = await startDaemon({ config: configOf(gpu) });
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, i) => daemon.chat({ model: i % 3 ? "small" : "large", stream: i % 2 === 0 })),
    );
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    assert.equal(gpu.calls.length, 10);
    assert.equal(gpu.most, 2);
  });

  it("is never asked more than its configuration says, whatever its server says", async () => {
    await using gpu = await Upstream.start({ slots: 8 });
    gpu.script = () => ({ ttftMs: 20, gapMs: 1 });
    await using daemon = await startDaemon({ config: configOf(gpu, 3) });
    const replies = await Promise.all(Array.from({ length: 12 }, () => daemon.chat({ stream: true })));
    for (const reply of replies) assert.equal(reply.status, 200, reply.text);
    assert.equal(gpu.most, 3);
  });

  it("may be asked all at once where neither says anything", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu) });
    const replies = Array.from({ length: 20 }, () => daemon.chat());
    await slow.gpu.untilCalls(20);
    slow.open();
    for (const reply of await Promise.all(replies)) assert.equal(reply.status, 200, reply.text);
  });

  it("gives its place on when an answer fails or its client leaves", async () => {
    await using gpu = await Upstream.start();
    gpu.script = ({ n }) =>
      [{ reset: "accept" as const }, { status: 500, body: "" }, { stall: "middle" as const }, {}][n]!;
    await using daemon = await startDaemon({ config: configOf(gpu, 1) });
    // A reset may pass: it is tried again, and the second call is the one that answers 500.
    assert.equal((await daemon.chat({ model: "small" })).status, 502);
    const live = await daemon.openChat({ model: "small", stream: true });
    await live.next();
    const waiting = daemon.chat({ model: "small" });
    live.close();
    assert.equal((await waiting).status, 200);
    assert.equal(gpu.most, 1);
  });
});

describe("those who wait for a place", () => {
  it("come in this order: completions, streamed chats, chats that nobody reads as they come", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu, 1) });
    const sent = [await enter(daemon, { text: "first" })];
    sent.push(await enter(daemon, { text: "whole", stream: false }));
    sent.push(await enter(daemon, { text: "streamed", stream: true }));
    sent.push(await enter(daemon, { text: "typed", kind: "completion" }));
    slow.open();
    await allOk(sent);
    assert.deepEqual(order(slow.gpu, ["first", "whole", "streamed", "typed"]), ["first", "typed", "streamed", "whole"]);
  });

  it("take turns by session", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu, 1) });
    const texts = ["busy-1", "busy-2", "busy-3", "busy-4", "quiet-1", "quiet-2"];
    const sent = [];
    for (const text of texts) sent.push(await enter(daemon, { text, session: text.split("-")[0]! }));
    slow.open();
    await allOk(sent);
    assert.deepEqual(order(slow.gpu, texts), ["busy-1", "busy-2", "quiet-1", "busy-3", "quiet-2", "busy-4"]);
  });

  it("leave at once with their client, and the upstream never hears of them", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu, 1) });
    const sent = [await enter(daemon, { text: "first" })];
    const before = (await daemon.traces())[0]!.id;
    const body = JSON.stringify({ model: "small", messages: [{ role: "user", content: "leaving" }] });
    const headers = { authorization: `Bearer ${daemon.token}` };
    const leaving = begin(daemon.http, { path: "/v1/chat/completions", headers, body });
    leaving.on("error", () => {}); // its own end
    leaving.end(body);
    while ((await daemon.traces("?limit=1"))[0]!.id === before) await sleep(5);
    const { id } = (await daemon.traces("?limit=1"))[0]!;
    sent.push(await enter(daemon, { text: "staying" }));

    leaving.destroy();
    const trace = await daemon.ended(id);
    assert.equal(slow.gpu.inFlight, 1, "the place is still taken: nobody's turn has come");
    assert.equal(trace.status, "cancelled");
    assert.deepEqual(trace.attempts, []);
    assert.equal(trace.cost.nanos, 0);

    slow.open();
    await allOk(sent);
    assert.deepEqual(order(slow.gpu, ["first", "leaving", "staying"]), ["first", "staying"]);
  });

  it("are told so in their trace", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu, 1) });
    const [first, second] = [await enter(daemon, { text: "first" }), await enter(daemon, { text: "second" })];
    slow.open();
    const traceOf = async ({ reply }: { reply: Promise<Reply> }) =>
      daemon.ended(String((await reply).headers["x-switchyard-trace"]));
    const [before, after] = [await traceOf(first), await traceOf(second)];
    assert.ok(before.spans.every((s) => s.name !== "queue"));
    const queue = after.spans.filter((s) => s.name === "queue");
    assert.deepEqual(
      queue.map((s) => s.attempt),
      [0],
    );
    const { startMs, durationMs } = queue[0]!;
    assert.ok(durationMs > 0);
    assert.ok(after.attempts[0]!.startMs >= startMs + durationMs, "the attempt begins when its turn has come");
  });

  it("are told to come again where as many wait as may", async () => {
    await using slow = await slowUpstream();
    await using daemon = await startDaemon({ config: configOf(slow.gpu, 1, { server: { maxConcurrent: 2 } }) });
    const sent = [];
    for (const text of ["first", "second", "third"]) sent.push(await enter(daemon, { text }));
    for (const stream of [false, true]) {
      const reply = await daemon.chat({ model: "small", stream });
      assert.equal(reply.status, 429);
      assert.equal(reply.json.error.code, "overloaded");
      assert.ok(Number(reply.headers["retry-after"]) >= 1, "Retry-After says when");
      const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.equal(trace.status, "error");
      assert.equal(trace.error?.code, "overloaded");
      assert.deepEqual(trace.attempts, []);
    }
    slow.open();
    await allOk(sent);
    assert.equal(slow.gpu.calls.length, 3);
  });
});
