import assert from "node:assert/strict";
import type { Request } from "../../server/domain/request.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { sharesOf, stateOf, type Trial, trialOf, trialsOf } from "../../server/logic/routing/experiments.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { type ConfigInput, configSchema } from "../../server/protocol/config.ts";
import { modelOf } from "../support/models.ts";
import { read } from "../support/reading.ts";

type Input = NonNullable<ConfigInput["experiments"]>[number];
const parse = (experiments: readonly Input[]) => configSchema.parse({ experiments }).experiments;
const three: Input = {
  name: "e",
  unit: "session",
  arms: [
    { strategy: "control" },
    { strategy: "cost-aggressive", share: 0.2 },
    { strategy: "quality-first", share: 0.3 },
  ],
};
const now = Date.UTC(2026, 10, 21);
const day = 86_400_000;
const none: ReadonlySet<string> = new Set();

const models = [modelOf("small", "local"), modelOf("large", "premium", { abilities: new Set(["chat", "images"]) })];

interface Asked {
  readonly session?: string;
  readonly model?: string;
  readonly more?: Partial<Request["wishes"]>;
  readonly routing?: ConfigInput["routing"];
}
function armFor(
  trials: readonly Trial[],
  { session = "s", model: named = "switchyard/auto", more, routing }: Asked = {},
) {
  const request: Request = {
    id: `r-${session}`,
    kind: "chat",
    stream: true,
    origin: { surface: "http", wire: "openai.chat", client: "c", workspace: null, session, atMs: 0 },
    wishes: { model: named, sampling: {}, needs: [], ...more },
    egress: { verdict: "anywhere", rule: "default" },
    prompt: { kind: "chat", messages: [{ role: "user", content: "Say hello." }], tools: [] },
  };
  const snapshot = snapshotOf({
    models,
    routing: configSchema.parse({ routing: { primary: "small", escalation: "large", ...routing } }).routing,
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(),
    broken: new Map(),
    trials,
  });
  const decided = decide(featuresOf(request, read, null), snapshot);
  assert.ok("ok" in decided);
  return decided.ok.arm?.arm ?? null;
}
const sessions = Array.from({ length: 4_000 }, (_, i) => `session-${i}`);
const arms = (trials: readonly Trial[]) => sessions.map((session) => armFor(trials, { session }));
const part = (given: readonly (string | null)[], arm: string) => given.filter((a) => a === arm).length / given.length;

describe("an experiment's arms", () => {
  it("get about their share of the units, and the first what is left", () => {
    const given = arms(trialsOf(parse([three]), now, none));
    assert.ok(Math.abs(part(given, "cost-aggressive") - 0.2) < 0.02);
    assert.ok(Math.abs(part(given, "quality-first") - 0.3) < 0.02);
    assert.ok(Math.abs(part(given, "control") - 0.5) < 0.02);
  });

  it("are another cut in another experiment: who was in one arm is in any of the next", () => {
    const [a, b] = ["e", "f"].map((name) => arms(trialsOf(parse([{ ...three, name }]), now, none)));
    const both = sessions.filter((_, i) => a![i] === "quality-first" && b![i] === "quality-first").length;
    assert.ok(Math.abs(both / sessions.length - 0.09) < 0.02);
  });

  it("grow from a tenth of their share; on the way a unit only ever goes from the first arm to its own", () => {
    const e = { ...three, startsAt: new Date(now).toISOString(), rampDays: 10 };
    assert.deepEqual(trialsOf(parse([e]), now - 1, none), []);
    let before: readonly (string | null)[] = sessions.map(() => "control");
    for (const [days, share] of [
      [0, 0.03],
      [5, 0.165],
      [10, 0.3],
      [20, 0.3],
    ] as const) {
      const given = arms(trialsOf(parse([e]), now + days * day, none));
      assert.ok(Math.abs(part(given, "quality-first") - share) < 0.02, `after ${days} days`);
      given.forEach((arm, i) => {
        assert.ok(arm === before[i] || before[i] === "control", `${before[i]} became ${arm}`);
      });
      before = given;
    }
  });

  it("leave the others alone when one is stopped: its units go to the first", () => {
    const experiments = parse([three]);
    const before = arms(trialsOf(experiments, now, none));
    const after = arms(trialsOf(experiments, now, new Set(["e/cost-aggressive"])));
    after.forEach((arm, i) => {
      assert.equal(arm, before[i] === "cost-aggressive" ? "control" : before[i]);
    });
    const [trial] = trialsOf(experiments, now, new Set(["e/cost-aggressive"]));
    assert.deepEqual(sharesOf(trial!), [0.7, 0, 0.3]);
  });

  it("one experiment runs at a time: the first that has begun", () => {
    const experiments = parse([
      { ...three, name: "off", enabled: false },
      { ...three, name: "later", startsAt: new Date(now + day).toISOString() },
      { ...three, name: "now" },
      { ...three, name: "next" },
    ]);
    assert.deepEqual([...stateOf(experiments, now).values()], ["off", "planned", "running", "waiting"]);
    assert.deepEqual([...stateOf(experiments, now + 2 * day).values()], ["off", "running", "waiting", "waiting"]);
    assert.equal(trialsOf(experiments, now, none)[0]?.name, "now");
  });
});

describe("the arm of a decision", () => {
  const trials = [trialOf(parse([three])[0]!, now, none)];

  it("is the same for the same unit", () => {
    for (const session of sessions.slice(0, 50)) assert.equal(armFor(trials, { session }), armFor(trials, { session }));
  });

  it("is there only where a strategy chose: not of rules, of a model by name, where one model can, or where routing is off", () => {
    assert.notEqual(armFor(trials), null);
    assert.equal(armFor(trials, { model: "large" }), null);
    assert.equal(armFor(trials, { model: "switchyard/fast" }), null);
    assert.equal(armFor(trials, { more: { task: "title" } }), null);
    assert.equal(armFor(trials, { more: { needs: ["images"] } }), null);
    assert.equal(armFor(trials, { routing: { rules: [{ when: { client: "c" }, use: "small" }] } }), null);
    assert.equal(armFor(trials, { routing: { enabled: false } }), null);
  });

  it("isn't there where the client says how good the answer shall be: no experiment overrules that", () => {
    assert.equal(armFor(trials, { model: "switchyard/best" }), null);
    assert.equal(armFor(trials, { more: { quality: 0.9 } }), null);
  });
});

describe("an experiment's configuration", () => {
  const why = (experiments: unknown): string => {
    const parsed = configSchema.safeParse({ experiments });
    assert.equal(parsed.success, false);
    const [issue] = parsed.error.issues;
    return `${issue?.path.join(".")}: ${issue?.message}`;
  };
  const [first, ...others] = three.arms;

  it("is refused with two names alike, too many shares, or an arm without one", () => {
    assert.match(why([three, three]), /experiments\.1\.name: another experiment is called "e"/);
    assert.match(
      why([{ ...three, arms: [first, ...others, others[0]] }]),
      /arms\.3: an arm is called "cost-aggressive"/,
    );
    assert.match(
      why([{ ...three, arms: [first, { strategy: "by-task" }] }]),
      /arms\.1: the arm "by-task" needs a share/,
    );
    assert.match(
      why([{ ...three, arms: [{ ...first, share: 0.6 }, ...others] }]),
      /experiments\.0\.arms: .*more than 1/,
    );
  });

  it("may fill the whole, also where shares don't add up to exactly 1 in binary", () => {
    const arms = [0.7, 0.2, 0.1].map((share, i) => ({ name: `a${i}`, strategy: "control" as const, share }));
    assert.equal(parse([{ name: "e", arms }]).length, 1);
  });
});
