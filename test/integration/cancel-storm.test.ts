import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Trace } from "../../server/protocol/trace.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { openFilesOf } from "../support/memory.ts";
import { type StormUpstreams, storm, stormConfig } from "../support/storm.ts";
import { Upstream } from "../support/upstream.ts";

const megabyte = 1_000_000;
const atOnce = 60;

/** A gauge's lines, as far as they aren't zero. */
async function busy(daemon: Daemon): Promise<string[]> {
  const { text } = await daemon.ask({ path: "/metrics" });
  const gauge = /^switchyard_(requests_running|provider_running|provider_waiting)\b.* [^0]/;
  return text.split("\n").filter((line) => gauge.test(line));
}

async function allTraces(daemon: Daemon): Promise<Trace[]> {
  const all: Trace[] = [];
  for (let after = ""; ; ) {
    const { traces, next } = (await daemon.ask({ path: `/admin/traces?limit=1000${after}` })).json;
    all.push(...traces);
    if (next === null) return all;
    after = `&after=${next}`;
  }
}

describe("storms of 1,000 clients that leave at any moment", function () {
  this.timeout(120_000);
  const rounds = 10;
  let up: StormUpstreams;
  let daemon: Daemon;
  const rss: number[] = [];
  const files: (number | null)[] = [];
  let traces: readonly Trace[] = [];

  before(async () => {
    const [gpu, lane, cloud, judge] = await Promise.all(Array.from({ length: 4 }, () => Upstream.start()));
    up = { gpu: gpu!, lane: lane!, cloud: cloud!, judge: judge! };
    daemon = await startDaemon({ config: stormConfig(up) });
    for (let round = 0; round < rounds; round++) {
      await storm(daemon, up, { count: 1_000, atOnce, seed: round });
      for (const upstream of Object.values(up)) await upstream.untilIdle();
      for (let i = 0; i < 250 && (await busy(daemon)).length > 0; i++) await sleep(20);
      assert.deepEqual(await busy(daemon), [], "what runs or waits after the storm");
      rss.push(daemon.rss());
      files.push(openFilesOf(daemon.pid));
      for (const upstream of Object.values(up)) upstream.requests.length = 0;
    }
    traces = await allTraces(daemon);
  });
  after(async () => {
    await daemon?.[Symbol.asyncDispose]();
    for (const upstream of Object.values(up ?? {})) await upstream[Symbol.asyncDispose]();
  });

  const cancelled = () => traces.filter((t) => t.status === "cancelled");
  const roles = (t: Trace) => t.attempts.map((a) => a.role);

  it("leave nothing running at any upstream", () => {
    for (const [name, upstream] of Object.entries(up)) assert.equal(upstream.inFlight, 0, name);
  });

  it("leave a few idle connections and no more with each storm", () => {
    for (const upstream of Object.values(up)) assert.ok(upstream.open <= 2 * atOnce, `${upstream.open} open`);
    const [first, last] = [files[1], files.at(-1)];
    if (first && last) assert.ok(last <= first + atOnce, `${files.join(", ")} files and sockets open`);
  });

  it("leave traces that have ended, with all their attempts", () => {
    assert.ok(traces.length > 0.5 * rounds * 1_000, `${traces.length} were admitted`);
    assert.equal(new Set(traces.map((t) => t.id)).size, traces.length);
    const open = traces.filter((t) => t.status === "running" || t.attempts.some((a) => a.outcome === null));
    assert.deepEqual(open.slice(0, 3), [], `${open.length} have not ended`);
  });

  it("call no request that its client left an error", () => {
    const wrong = traces.filter((t) => t.status === "error" || t.status === "interrupted");
    assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} of them`);
    for (const t of cancelled()) {
      assert.equal(t.error?.code, "cancelled");
      assert.ok(t.attempts.every((a) => a.outcome !== "served" || a.role === "judge"));
    }
  });

  for (const [where, is] of Object.entries<(t: Trace) => boolean>({
    "before anything was sent": (t) => t.attempts.length === 0,
    "while waiting in a queue": (t) => t.attempts.length === 0 && t.decision?.model === "laned",
    "while a first token is awaited": (t) => t.attempts.length === 1 && t.ttftMs === null,
    "in the middle of a stream": (t) => t.ttftMs !== null,
    "while the judge thinks": (t) => t.attempts.some((a) => a.role === "judge" && a.outcome === "cancelled"),
    "while an answer is held back": (t) =>
      t.ttftMs === null && t.attempts.some((a) => a.role === "speculative" && a.firstTokenMs !== null),
    "after an early start was rejected": (t) =>
      t.attempts.some((a) => a.role === "speculative" && a.outcome === "discarded"),
    "while two attempts race": (t) => roles(t).includes("hedge") && t.ttftMs === null,
    "while a retry is waited for": (t) => t.ttftMs === null && t.attempts.some((a) => a.outcome === "failed"),
  }))
    it(`left some ${where}`, () => assert.ok(cancelled().filter(is).length >= 10, `${cancelled().filter(is).length}`));

  it("don't make the daemon grow", () => {
    const grown = (rss.at(-1)! - rss.at(-6)!) / megabyte;
    assert.ok(grown < 30, `${rss.map((r) => (r / megabyte).toFixed(0)).join(", ")} MB after each storm`);
  });

  it("leave it ready for the next request, and without a word on stderr", async () => {
    for (const model of ["small", "laned", "large", "switchyard/auto"]) {
      const reply = await daemon.chat({ model, stream: true });
      assert.equal(reply.status, 200, reply.text);
      assert.match(reply.text, /\[DONE\]/);
    }
    assert.equal(daemon.stderr(), "");
  });
});
