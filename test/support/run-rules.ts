import assert from "node:assert/strict";
import { answered } from "../../server/domain/fault.ts";
import { firstModel, type GatePlan, type Judgement, leaves, type Plan } from "../../server/domain/plan.ts";
import { timeouts, type World } from "./virtual.ts";
import type { FakeCall } from "./virtual-calls.ts";
import type { Client } from "./virtual-client.ts";

/** What adding fractions of milliseconds may be off by. */
const nothing = 0.002;
/** An attempt that has nine tenths of its time is given all of it. */
const longest = (deadlineMs: number): number => Math.ceil(deadlineMs + timeouts.totalMs / 10);
/** Milliseconds that a judge has for its word. */
const judgesMs = 5_000;

const forClient = (c: FakeCall): boolean => c.call.role !== "judge";

/** What holds of every request at every moment, whatever its plan, its models, its judge and its client do. */
export function check(world: World): void {
  for (const client of world.clients) {
    seen(world, client);
    open(world, client);
    attempts(world, client);
    hedges(world, client);
    held(world, client);
    if (client.over) ended(world, client);
  }
  if (idle(world)) assert.equal(world.clock.pending, 0, "timers are left of requests that are over");
}

/** Nothing runs and nobody waits for an answer. */
const idle = (world: World): boolean =>
  world.clients.every((c) => c.over) && world.calls.running.length === 0 && world.waiting() === 0;

/** One attempt's content, whole and in its order, after its decision; where the plan says so, another's after it. One end. */
function seen(world: World, client: Client): void {
  const calls = world.calls.of(client.id);
  let model = "";
  let attempt: FakeCall | undefined;
  let begun = false;
  let text = "";
  let over = false;
  for (const { event } of client.seen) {
    assert.ok(!over, `${client.id} was given ${event.type} after its end`);
    switch (event.type) {
      case "decision":
        if (begun) mayGoOn(world, client, attempt);
        model = event.decision.model;
        break;
      case "start":
        if (begun) mayGoOn(world, client, attempt);
        assert.equal(event.model, model, "who answers is not who was decided for");
        attempt = calls.find((c) => c.call.attempt === event.attempt);
        assert.ok(attempt && forClient(attempt), "what is shown is nobody's");
        text = "";
        break;
      case "first":
        assert.ok(!begun, "an answer began twice");
        assert.ok(attempt, "content came before its attempt");
        begun = true;
        break;
      case "text":
        assert.ok(begun && attempt, "content came before it was announced");
        text += event.text;
        assert.ok(attempt.said.startsWith(text), `"${text}" is not what ${attempt} said: "${attempt.said}"`);
        break;
      case "done":
        if (attempt) assert.equal(text, attempt.said, "an answer was cut short");
        over = true;
        break;
      case "error":
        over = true;
        break;
      default:
        break;
    }
  }
  if (client.over && !client.left) assert.ok(over, `the answer to ${client.id} ended without a word`);
}

/** Whether another attempt may write on where one broke off. */
function mayGoOn(world: World, client: Client, broken: FakeCall | undefined): void {
  const { plan } = followed(world, client);
  assert.ok(plan?.do === "race" && (plan.continuing?.length ?? 0) > 0, "another attempt amid an answer");
  const settled = world.told.settled(client.id).find((f) => f.attempt === broken?.call.attempt);
  assert.ok(settled?.outcome === "failed" && broken?.fault?.retry !== "never", `${broken} did not break off`);
}

/** Calls are closed in the turn in which they are no longer wanted. */
function open(world: World, client: Client): void {
  const calls = world.calls.of(client.id).filter((c) => c.open);
  const others = calls.filter(forClient);
  const shown = client.seen.findLast(({ event }) => event.type === "start");
  if (client.saw("first") && shown?.event.type === "start") {
    const { attempt } = shown.event;
    for (const c of others) assert.ok(c.call.attempt >= attempt, `${c} is open beside the one that answers`);
    assert.ok(others.length <= 1, `${others.join(" and ")} are open after the commit`);
  }
  if (client.over || client.scope.ended) assert.deepEqual(others.map(String), [], "calls are open for nobody");
  const { plan, calls: wanted } = followed(world, client);
  if (plan) for (const c of others) assert.ok(wanted.includes(c), `${c} is open after the verdict against it`);
  for (const judge of calls.filter((c) => !forClient(c))) {
    assert.ok(!client.scope.ended || client.scope.why === answered, "a judge is asked for a client that left");
    assert.ok(world.clock.now() - judge.openedMs <= judgesMs + nothing, "a judge has more than its time");
  }
}

/** Every attempt is told of once, ends once, and is one that the plan allows. */
function attempts(world: World, client: Client): void {
  const facts = world.told.of(client.id);
  const attempted = facts.filter((f) => f.type === "attempted");
  assert.deepEqual(
    attempted.map((f) => f.attempt),
    attempted.map((_, i) => i),
    "attempts are numbered as they begin",
  );
  for (const { attempt } of attempted) {
    const own = facts.filter(
      (f) => f.type !== "ended" && f.type !== "decided" && f.type !== "started" && f.type !== "feedback",
    );
    const types = own.filter((f) => f.attempt === attempt).map((f) => f.type);
    assert.match(types.join(" "), /^attempted( first-token)?( settled)?$/, `attempt ${attempt} of ${client.id}`);
  }
  assert.ok(attempted.filter((f) => f.role === "judge").length <= 1, "a judge was asked twice");
  assert.ok(attempted.filter((f) => f.role === "speculative").length <= 1, "two attempts were begun early");
  const plan = world.plans.get(client.id)!;
  const mine = attempted.filter((f) => f.role !== "judge");
  assert.ok(mine.length <= most(plan), `${mine.length} attempts of at most ${most(plan)}`);
  for (const f of mine) assert.ok(f.startMs < world.deadlineMs, `attempt ${f.attempt} began after the request's time`);
  retried(world, client);
  const calls = uncommitted(world, client);
  const failed = new Set(world.told.settled(client.id).flatMap((f) => (f.outcome === "failed" ? [f.attempt] : [])));
  const last = calls.find(
    (c) => c.fault?.retry === "never" && c.call.role !== "hedge" && failed.has(c.call.attempt), // else it was dropped first
  );
  if (last && !client.slow)
    assert.ok(!calls.some((c) => c.n > last.n && c.openedMs > last.closed!.atMs), "made again, though at fault");
}

/** The calls that began before any content was passed on: who goes on with what has broken off is another matter. */
function uncommitted(world: World, client: Client): readonly FakeCall[] {
  const { calls } = followed(world, client);
  const shown = client.seen.find(({ event }) => event.type === "start");
  if (shown?.event.type !== "start") return calls;
  const { attempt } = shown.event;
  return calls.filter((c) => c.call.attempt <= attempt);
}

/** A model that only another one can stand in for isn't asked again, save where the plan names it again. */
function retried(world: World, client: Client): void {
  const { plan } = followed(world, client);
  if (plan?.do !== "race") return;
  const before = uncommitted(world, client).filter((c) => c.call.role !== "hedge");
  for (const model of new Set(before.map((c) => c.model))) {
    const named = plan.of.filter((e) => e.afterMs === null && leaves(e.plan).includes(model)).length;
    const own = before.filter((c) => c.model === model);
    for (const [i, c] of own.entries())
      assert.ok(i < named || own[i - 1]!.fault?.retry !== "elsewhere", `${c}: only another model could help`);
  }
}

/** A second attempt begins only where the first is late, and has not failed. */
function hedges(world: World, client: Client): void {
  const { plan, calls, beganMs } = followed(world, client);
  const [first] = calls;
  // The first may have waited for a place; and who doesn't look can't know that it came.
  if (plan?.do !== "race" || !first || first.call.role === "hedge" || client.slow) return;
  const afterMs = Math.min(...plan.of.map((e) => e.afterMs ?? Number.POSITIVE_INFINITY));
  for (const hedge of calls.filter((c) => c.call.role === "hedge")) {
    const lateMs = hedge.openedMs - beganMs;
    assert.ok(lateMs + nothing >= afterMs, `a second attempt after ${lateMs} ms`);
    assert.ok(first.firstMs === null || first.firstMs >= hedge.openedMs, "a second attempt though the first had begun");
    if (first.closed?.how === "failed")
      assert.ok(first.closed.atMs >= hedge.openedMs, "a second attempt though the first had failed");
  }
}

/** What was begun early is shown only once the judge has confirmed it, or its time is up. */
function held(world: World, client: Client): void {
  const plan = world.plans.get(client.id)!;
  if (plan.do !== "gate") return;
  const at = client.seen.findIndex(({ event }) => event.type === "decision" && client.seen[0]?.event !== event);
  const content = client.seen.findIndex(({ event }) => event.type === "start" || event.type === "text");
  if (content >= 0) assert.ok(at >= 0 && at < content, "shown before it was decided");
  const amended = client.seen[at];
  const verdict = verdictOf(client, plan);
  if (amended?.event.type !== "decision" || !verdict) return;
  assert.equal(amended.event.decision.model, firstModel(plan.on[verdict.chosen]));
  const judge = world.calls.of(client.id).find((c) => !forClient(c));
  const tookMs = amended.atMs - client.scope.originMs - nothing;
  switch (verdict.by) {
    case "judge":
      assert.ok(judge?.closed?.how === "done", "a verdict that no judge gave");
      break;
    case "memory":
      assert.equal(judge, undefined, "a judge was asked for what was known");
      break;
    case "time":
      assert.equal(verdict.chosen, plan.guess);
      if (!client.slow) assert.ok(tookMs + 2 * nothing >= plan.holdMs, "the hold ended early");
      break;
    case "silence":
      assert.equal(verdict.chosen, plan.guess);
      break;
  }
  if (!client.slow) assert.ok(tookMs <= plan.holdMs, "the hold took longer than it may");
}

interface Verdict {
  readonly chosen: Judgement;
  readonly by: "judge" | "memory" | "time" | "silence";
  readonly atMs: number;
}

/** What a gate's client was told of its verdict; null: nothing yet. */
function verdictOf(client: Client, plan: GatePlan): Verdict | null {
  for (const { event, atMs } of client.seen) {
    if (event.type !== "decision") continue;
    const { reason } = event.decision;
    const said = /the judge called (it|the same question) (simple|complex|needs-context)/.exec(reason);
    if (said) return { chosen: said[2] as Judgement, by: said[1] === "it" ? "judge" : "memory", atMs };
    if (reason.includes("the guess stands"))
      return { chosen: plan.guess, by: reason.includes("said nothing within") ? "time" : "silence", atMs };
  }
  return null;
}

interface Followed {
  readonly plan: Plan | null;
  /** Those that were made for it. */
  readonly calls: readonly FakeCall[];
  readonly beganMs: number;
}

/** The plan that is followed, as far as that is known. */
function followed(world: World, client: Client): Followed {
  const calls = world.calls.of(client.id).filter(forClient);
  const plan = world.plans.get(client.id)!;
  if (plan.do !== "gate") return { plan, calls, beganMs: client.scope.originMs };
  const verdict = verdictOf(client, plan);
  if (verdict === null) return { plan: null, calls: [], beganMs: 0 };
  const chosen = plan.on[verdict.chosen];
  const confirmed = plan.speculate !== null && chosen === plan.on[plan.speculate];
  const early = calls.find((c) => c.call.role === "speculative");
  if (confirmed && early) return { plan: chosen, calls, beganMs: client.scope.originMs };
  return { plan: chosen, calls: calls.filter((c) => c !== early), beganMs: verdict.atMs };
}

/** What is told of a request at its end. */
function ended(world: World, client: Client): void {
  const ends = world.told.ended(client.id);
  assert.equal(ends.length, 1, `${client.id} ended ${ends.length} times`);
  const trace = world.told.trace(client.id);
  const { status, attempts: all } = trace;
  if (!client.left) {
    const last = client.last!;
    const code = last.type === "error" ? last.fault.code : null;
    assert.equal(status, last.type === "done" ? "ok" : code === "cancelled" ? "cancelled" : "error");
  }
  const mine = all.filter((a) => a.role !== "judge");
  assert.ok(
    mine.every((a) => a.outcome !== null),
    `attempts of ${client.id} run on`,
  );
  const served = mine.filter((a) => a.outcome === "served");
  // Who leaves amid a burst of what was held leaves an answer that is whole.
  const whole = status === "ok" || (status === "cancelled" && client.saw("first") && served.length > 0);
  assert.equal(served.length, whole ? 1 : 0, `${served.length} were served, and it is ${status}`);
  const shown = client.seen.findLast(({ event }) => event.type === "start");
  if (served.length === 1 && shown?.event.type === "start")
    assert.equal(served[0], all[shown.event.attempt], "another was served than was shown");
  for (const c of world.calls.of(client.id)) {
    const a = all[c.call.attempt]!;
    if (client.scope.why === answered && !client.left && c.closed?.how === "ended" && a.role !== "judge")
      assert.ok(a.outcome === "discarded" || a.error?.code === "upstream_timeout", `${c} was dropped: ${a.outcome}`);
  }
  if (status !== "ok" && !client.saw("first"))
    assert.deepEqual([trace.usage, trace.cost.baselineNanos, trace.cost.savedNanos], [null, null, null]);
  const waste = all.filter((a) => a.outcome === "discarded").reduce((sum, a) => sum + a.costNanos!, 0);
  assert.equal(trace.cost.wasteNanos, waste);
  const { savedMs } = trace;
  if (savedMs) assert.ok(savedMs.speculation >= 0 && savedMs.hedge >= 0);
  const plan = world.plans.get(client.id)!;
  if (plan.do === "gate")
    for (const s of trace.spans.filter((span) => span.name === "hold" || span.name === "judge"))
      assert.ok(s.startMs + s.durationMs <= plan.holdMs + nothing, `${s.name}: ${s.startMs} + ${s.durationMs}`);
  if (!client.slow && !client.left)
    assert.ok(trace.totalMs! <= longest(world.deadlineMs), `${trace.totalMs} ms, of at most ${world.deadlineMs}`);
  if (!client.left) assert.ok(client.listeners <= 2, `${client.listeners} still listen`);
}

/** Attempts that a plan allows, without the judge's. */
function most(plan: Plan): number {
  switch (plan.do) {
    case "call":
      return 1;
    case "recall":
      return most(plan.next);
    case "race":
      return plan.of.reduce((sum, e) => sum + most(e.plan), plan.retries + (plan.continuing?.length ?? 0));
    case "gate":
      return (plan.speculate === null ? 0 : 1) + Math.max(...Object.values(plan.on).map(most));
  }
}
