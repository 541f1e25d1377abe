import assert from "node:assert/strict";
import type { Model } from "../../server/domain/model.ts";
import { type GatePlan, leaves, maxLeaves, type RacePlan } from "../../server/domain/plan.ts";
import type { Request, Wishes } from "../../server/domain/request.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { snapshotOf, type World } from "../../server/logic/routing/snapshot.ts";
import { type ConfigInput, hedgeSchema, routingSchema, speculationSchema } from "../../server/protocol/config.ts";
import { read } from "../support/reading.ts";

const model = (id: string, locality: Model["locality"], more: Partial<Model> = {}): Model => ({
  id,
  provider: id,
  name: id,
  tier: locality === "local" ? "local" : "premium",
  locality,
  contextWindow: 100_000,
  maxOutput: null,
  abilities: new Set(["chat", "completion", "tools"]),
  prices: null,
  equals: [],
  ...more,
});
const small = model("small", "local");
const large = model("large", "cloud");
const judge = model("judge", "local");
const doubt = { primary: "small", escalation: "large", judge: "judge", band: [0, 1] as [number, number] };

interface Asked {
  readonly text?: string;
  readonly stream?: boolean;
  readonly needs?: Wishes["needs"];
  readonly verdict?: Request["egress"]["verdict"];
  readonly model?: string;
}
function planOf(
  { text = "Say hello.", stream = true, needs = [], verdict = "anywhere", model: named = "switchyard/auto" }: Asked,
  routing: ConfigInput["routing"] = doubt,
  world: Partial<World> = {},
) {
  const request: Request = {
    id: "r1",
    kind: "chat",
    stream,
    origin: { surface: "http", wire: "openai.chat", client: "c", workspace: null, session: null, atMs: 0 },
    wishes: { model: named, sampling: {}, needs },
    egress: { verdict, rule: "default" },
    prompt: { kind: "chat", messages: [{ role: "user", content: text }], tools: [] },
  };
  const snapshot = snapshotOf({
    models: [small, large, judge],
    routing: routingSchema.parse(routing),
    ahead: { speculation: speculationSchema.parse({}), hedge: undefined },
    latency: new Map(),
    broken: new Map(),
    ...world,
  });
  const decided = decide(featuresOf(request, read, null), snapshot);
  if ("fault" in decided) throw new Error(`refused: ${decided.fault.message}`);
  return decided.ok;
}
const gateOf = (...args: Parameters<typeof planOf>): GatePlan => planOf(...args).plan as GatePlan;
const raceOf = (...args: Parameters<typeof planOf>): RacePlan => planOf(...args).plan as RacePlan;
/** Past the middle of the band. */
const hard = `Prove, step by step, that this design is free of deadlocks. ${"Explain the algorithm. ".repeat(10)}`;

describe("the plan of a doubtful question", () => {
  it("asks the judge, begins the guess, and has both ways planned", () => {
    const plan = gateOf({});
    assert.equal(plan.do, "gate");
    assert.deepEqual(plan.judge, { do: "call", model: "judge" });
    assert.deepEqual([plan.guess, plan.speculate], ["simple", "simple"]);
    assert.equal(leaves(plan.on.simple)[0], "small");
    assert.equal(leaves(plan.on.complex)[0], "large");
    assert.equal(leaves(plan.on["needs-context"])[0], "large");
    assert.deepEqual(
      [gateOf({ text: hard })].map((p) => [p.guess, p.speculate]),
      [["complex", "complex"]],
    );
  });

  it("has no more leaves than a plan may have, however many models there are", () => {
    const many = Array.from({ length: 12 }, (_, i) => model(`m${i}`, "cloud", { equals: [] }));
    const ahead = { speculation: speculationSchema.parse({}), hedge: hedgeSchema.parse({}) };
    const plan = gateOf({}, doubt, { models: [small, large, judge, ...many], ahead });
    assert.ok(leaves(plan).length <= maxLeaves, String(leaves(plan)));
    assert.ok(
      leaves(
        raceOf({ model: "switchyard/best" }, { ...doubt, band: [0, 0.1] }, { models: [small, large, ...many], ahead }),
      ).length <= maxLeaves,
    );
  });

  it("is no gate without a judge, outside the band, or where the judge mayn't see the text or keeps failing", () => {
    const { judge: _, ...without } = doubt;
    assert.equal(planOf({}, without).plan.do, "race");
    assert.equal(planOf({}, { ...doubt, band: [0.8, 0.9] }).plan.do, "race");
    assert.equal(planOf({}, doubt, { broken: new Map([["judge", "has failed"]]) }).plan.do, "race");
    const models = [small, model("other", "local"), { ...judge, locality: "cloud" as const }];
    const local = { ...doubt, escalation: "other" };
    assert.equal(planOf({ verdict: "local-only" }, local, { models }).plan.do, "race");
    assert.equal(planOf({}, local, { models }).plan.do, "gate");
  });

  it("begins nothing early where that is off, or where tools may do something", () => {
    const off = { speculation: speculationSchema.parse({ enabled: false }), hedge: undefined };
    assert.equal(gateOf({}, doubt, { ahead: off }).speculate, null);
    assert.equal(gateOf({}, doubt, { ahead: { speculation: undefined, hedge: undefined } }).speculate, null);
    assert.equal(gateOf({ needs: ["tools"] }).speculate, null);
  });

  it("begins the user's own model where the guess is in the cloud and nothing may be spent early", () => {
    const free = { speculation: speculationSchema.parse({ cloudUsdPerDay: 0 }), hedge: undefined };
    assert.deepEqual(
      [gateOf({ text: hard }, doubt, { ahead: free })].map((p) => [p.guess, p.speculate]),
      [["complex", "simple"]],
    );
    const clouds = { models: [{ ...small, locality: "cloud" as const }, large, judge], ahead: free };
    assert.equal(gateOf({}, doubt, clouds).speculate, null);
  });

  it("holds as long as is configured, else the primary's median and a little, at most a second and a half", () => {
    const said = { speculation: speculationSchema.parse({ maxHoldMs: 700 }), hedge: undefined };
    assert.equal(gateOf({}, doubt, { ahead: said }).holdMs, 700);
    assert.equal(gateOf({}).holdMs, 1_500);
    const measured = (p50: number) => ({ latency: new Map([["small", { p50, p95: 2 * p50, tail: null }]]) });
    assert.equal(gateOf({}, doubt, measured(200)).holdMs, 350);
    assert.equal(gateOf({}, doubt, measured(4_000)).holdMs, 1_500);
  });
});

describe("the plan of a clear question", () => {
  const clear = { primary: "small", escalation: "large" };
  const hedge = (more: object = {}) => ({ ahead: { speculation: undefined, hedge: hedgeSchema.parse(more) } });
  const hedges = (plan: RacePlan) =>
    plan.of.filter((e) => e.afterMs !== null).map((e) => [leaves(e.plan)[0], e.afterMs]);

  it("has a second attempt for a late stream: at the model's own p95, or two seconds while that isn't known", () => {
    assert.deepEqual(hedges(raceOf({}, clear, hedge())), [["small", 2_000]]);
    const latency = new Map([["small", { p50: 100, p95: 400.2, tail: 600 }]]);
    assert.deepEqual(hedges(raceOf({}, clear, { ...hedge(), latency })), [["small", 401]]);
    const few = new Map([["small", { p50: 100, p95: 400, tail: null }]]);
    assert.deepEqual(hedges(raceOf({}, clear, { ...hedge(), latency: few })), [["small", 2_000]]);
    assert.deepEqual(hedges(raceOf({}, clear, hedge({ afterMs: 50 }))), [["small", 50]]);
  });

  it("has none where tools may do something, where nothing is streamed, or where it is off", () => {
    assert.deepEqual(hedges(raceOf({ needs: ["tools"] }, clear, hedge())), []);
    assert.deepEqual(hedges(raceOf({ stream: false }, clear, hedge())), []);
    assert.deepEqual(hedges(raceOf({}, clear, hedge({ enabled: false }))), []);
    assert.deepEqual(hedges(raceOf({}, clear)), []);
  });

  it("asks an equal second, and first of all when the chosen one fails", () => {
    const twin = model("twin", "cloud", { equals: ["small"] });
    const models = [{ ...small, equals: ["twin"] }, large, twin];
    const plan = raceOf({}, clear, { ...hedge(), models });
    assert.deepEqual(leaves(plan), ["small", "twin", "twin", "large"]);
    assert.deepEqual(
      leaves(raceOf({ model: "small" }, clear, { ...hedge(), models })),
      ["small", "small"],
      "but no other than was named",
    );
  });

  it("passes over who keeps failing, and asks it last; when all do, the chosen one first", () => {
    const broken = new Map([["small", "has failed 10 times in a row"]]);
    const decided = planOf({}, clear, { broken });
    assert.equal(decided.model, "large");
    assert.match(decided.reason, /small has failed 10 times in a row/);
    assert.deepEqual(leaves(decided.plan), ["large", "judge", "small"]);
    const all = new Map(["small", "large", "judge"].map((id) => [id, "has failed"]));
    assert.equal(planOf({}, clear, { broken: all }).model, "small");
    assert.equal(planOf({ model: "small" }, clear, { broken }).model, "small", "a client that names it gets it");
  });

  it("never lets a model answer that is the judge and nothing else", () => {
    assert.deepEqual(leaves(raceOf({ text: "Hi." }, { ...doubt, band: [0.8, 0.9] })), ["small", "large"]);
    assert.equal(planOf({ model: "judge" }).model, "judge", "unless it is named");
  });
});
