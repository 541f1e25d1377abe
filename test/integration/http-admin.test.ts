import assert from "node:assert/strict";
import { statsSchema } from "../../server/protocol/stats.ts";
import { traceSchema } from "../../server/protocol/trace.ts";
import { ask } from "../support/client.ts";
import { startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useTown } from "../support/town.ts";

describe("what the daemon tells of its requests", () => {
  const town = useTown();
  const traced = async (body: Readonly<Record<string, unknown>> = {}) =>
    town.daemon.ended(String((await town.daemon.chat(body)).headers["x-switchyard-trace"]));

  it("a trace has the contract's fields and its money to the nano-dollar", async () => {
    const trace = await traced({ model: "large", stream: true });
    traceSchema.parse(trace);
    assert.equal(trace.surface, "http");
    assert.equal(trace.wire, "openai.chat");
    assert.equal(trace.kind, "chat");
    assert.equal(trace.stream, true);
    assert.equal(trace.messages, 1);
    assert.equal(trace.chars, "Say hello.".length);
    assert.equal(trace.status, "ok");
    assert.equal(trace.finish, "stop");
    assert.equal(trace.cache, "off");
    assert.deepEqual(trace.privacy, { verdict: "anywhere", rule: "default" });
    // 25 × 3 + 32 × .3 + 32 × 15 dollars a million, the reasoning tokens among the output at the same price
    assert.equal(trace.cost.nanos, 564_600);
    assert.equal(trace.cost.baselineNanos, 564_600);
    assert.equal(trace.cost.savedNanos, 0);
    assert.equal(trace.cost.estimated, false);
    const [attempt] = trace.attempts;
    assert.equal(attempt?.provider, "cloud");
    assert.equal(attempt?.role, "primary");
    assert.equal(attempt?.outcome, "served");
    assert.ok(attempt.startMs <= attempt.firstTokenMs! && attempt.firstTokenMs! <= attempt.endMs!);
    assert.ok(trace.ttftMs! <= trace.totalMs!);
    const names = trace.spans.map((s) => s.name);
    for (const name of ["admit", "decide", "wait", "stream"] as const)
      assert.ok(names.includes(name), `${name} in ${names}`);
    assert.ok(Math.abs(Date.parse(trace.startedAt) - Date.now()) < 60_000);
  });

  it("what a free model saves is measured against the baseline", async () => {
    const trace = await traced({ model: "small" });
    assert.equal(trace.cost.nanos, 0);
    assert.equal(trace.cost.baselineNanos, 564_600);
    assert.equal(trace.cost.savedNanos, 564_600);
  });

  it("a running request is listed, and the newest comes first", async () => {
    const earlier = await traced();
    town.gpu.script = () => ({ stall: "middle" });
    const live = await town.daemon.openChat({ stream: true });
    await live.next();
    const [running, next] = await town.daemon.traces();
    assert.equal(running?.id, live.headers["x-switchyard-trace"]);
    assert.equal(running?.status, "running");
    assert.equal(running?.attempts[0]?.outcome, null);
    assert.equal(next?.id, earlier.id);
    live.close();
    assert.equal((await town.daemon.ended(running.id)).status, "cancelled");
  });

  it("traces are filtered and paged", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await traced({ model: i % 2 === 0 ? "small" : "large" })).id);
    assert.deepEqual(
      (await town.daemon.traces("?limit=3")).map((t) => t.id),
      ids.slice(0, 3),
    );
    for (const t of await town.daemon.traces("?model=large&limit=2")) assert.equal(t.decision?.model, "large");
    for (const t of await town.daemon.traces("?status=ok&route=direct"))
      assert.deepEqual([t.status, t.decision?.route], ["ok", "direct"]);
    assert.deepEqual(await town.daemon.traces("?status=interrupted"), []);
    const first = (await town.daemon.ask({ path: "/admin/traces?limit=2" })).json;
    assert.deepEqual(Object.keys(first).sort(), ["next", "traces"]);
    const second = (await town.daemon.ask({ path: `/admin/traces?limit=2&after=${encodeURIComponent(first.next)}` }))
      .json;
    assert.deepEqual(
      [...first.traces, ...second.traces].map((t: { id: string }) => t.id),
      ids.slice(0, 4),
    );
  });

  it("a wrong query is refused, and an unknown trace not found", async () => {
    for (const query of ["limit=0", "limit=1001", "limit=x", "status=happy"])
      assert.equal((await town.daemon.ask({ path: `/admin/traces?${query}` })).status, 400, query);
    for (const query of ["by=colour", "from=yesterday", "to=2026-02-31"])
      assert.equal((await town.daemon.ask({ path: `/admin/stats?${query}` })).status, 400, query);
    assert.equal((await town.daemon.ask({ path: "/admin/traces/nonexistent" })).status, 404);
  });

  it("statistics add up what the traces say", async () => {
    await traced({ model: "large" });
    const traces = await town.daemon.traces("?limit=1000");
    const stats = statsSchema.parse(await town.daemon.stats("?by=model"));
    assert.equal(stats.by, "model");
    assert.equal(stats.total.requests, traces.length);
    assert.equal(stats.total.ok, traces.filter((t) => t.status === "ok").length);
    assert.equal(
      stats.total.costNanos,
      traces.reduce((sum, t) => sum + (t.cost.nanos ?? 0), 0),
    );
    assert.equal(
      stats.total.savedNanos,
      traces.reduce((sum, t) => sum + (t.cost.savedNanos ?? 0), 0),
    );
    assert.equal(
      stats.rows.reduce((sum, r) => sum + r.requests, 0),
      stats.total.requests,
    );
    assert.ok(stats.rows.some((r) => r.key === "large"));
    const none = statsSchema.parse(await town.daemon.stats("?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z"));
    assert.equal(none.total.requests, 0);
    assert.equal(none.total.totalMs.p50, null);
  });

  it("metrics are what Prometheus reads", async () => {
    await traced();
    const reply = await town.daemon.ask({ path: "/metrics" });
    assert.equal(reply.status, 200);
    assert.match(reply.headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
    assert.ok(reply.text.endsWith("\n"));
    const types = new Map<string, string>();
    const values = new Map<string, number>();
    for (const line of reply.text.trimEnd().split("\n")) {
      const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
      if (type) types.set(type[1]!, type[2]!);
      if (line.startsWith("#")) {
        assert.match(line, /^# (TYPE|HELP|EOF)/);
        continue;
      }
      const sample =
        /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.eE+-]+|\+Inf|NaN)$/.exec(
          line,
        );
      assert.ok(sample, `not a sample: ${line}`);
      const key = sample[1]! + (sample[2] ?? "");
      assert.ok(!values.has(key), `twice: ${key}`);
      values.set(key, Number(sample[3]));
      assert.ok(types.has(sample[1]!.replace(/_(bucket|sum|count)$/, "")) || types.has(sample[1]!), `no type: ${line}`);
    }
    assert.ok([...values.keys()].some((k) => k.startsWith("switchyard_requests_total")));
  });

  it("health needs no token", async () => {
    const reply = await ask(town.daemon.http, { path: "/health" });
    assert.equal(reply.status, 200);
    assert.equal(reply.json.status, "ok");
  });

  it("neither prompt nor answer is kept unless the user opts in", async () => {
    const secret = "the quick brown prompt 8461";
    const trace = await traced({ messages: [{ role: "user", content: secret }] });
    assert.equal(trace.text, undefined);
    assert.ok(!JSON.stringify(trace).includes(secret));
    const config = townConfig(town, { ledger: { storeText: true } });
    await using open = await startDaemon({ config, env: townEnv });
    const reply = await open.chat({ messages: [{ role: "user", content: secret }], stream: true });
    const kept = await open.ended(String(reply.headers["x-switchyard-trace"]));
    assert.match(kept.text?.prompt ?? "", new RegExp(secret));
    assert.match(kept.text?.answer ?? "", /Hello there, world\./);
  });
});
