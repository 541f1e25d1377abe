import type { Model } from "../../../server/domain/model.ts";
import { rewards } from "../../../server/domain/reward.ts";
import { decide } from "../../../server/logic/routing/decide.ts";
import type { Features } from "../../../server/logic/routing/features.ts";
import { Learned, usual } from "../../../server/logic/routing/learned.ts";
import { expectedQuality, lambdaOf, termOf } from "../../../server/logic/routing/policy.ts";
import { type Snapshot, snapshotOf } from "../../../server/logic/routing/snapshot.ts";
import type { Observation } from "../../../server/logic/routing/sums.ts";
import { routingSchema } from "../../../server/protocol/config.ts";
import type { Task } from "../../../server/protocol/trace.ts";
import { modelOf, pricesOf } from "../models.ts";
import { type Asked, type ModelName, questions, reaction, type User } from "./users.ts";

const model = (id: ModelName, tier: Model["tier"], input: number, output: number): Model =>
  modelOf(id, tier, { prices: pricesOf(input, output) });
const models: readonly Model[] = [
  model("small", "local", 0, 0),
  model("medium", "standard", 2, 10),
  model("large", "premium", 3, 15),
];

/** Who answers: Switchyard with or without its learner, one model always, or the best one of each task, which nobody knows. */
export type Policy = "learner" | "no-learner" | ModelName | "best-by-task";
export const policiesOf = (user: User): readonly Policy[] => ["learner", "no-learner", ...user.models, "best-by-task"];

/** Answers later than the next one are judged: so many questions are asked meanwhile. */
const late = 4;
/** The daemon learns from what came together; here from what so many questions brought. */
const together = 4;
const quality = 0.5;

const snapshotWith = (user: User, learned: Learned | null): Snapshot =>
  snapshotOf({
    models: models.filter((m) => user.models.includes(m.id as ModelName)),
    routing: routingSchema.parse({ primary: "small", escalation: "large", strategy: user.strategy }),
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(),
    broken: new Map(),
    learned,
  });

const featuresOf = (q: Asked): Features => ({
  id: q.id,
  kind: "chat",
  stream: true,
  named: "switchyard/auto",
  quality,
  task: q.task,
  route: null,
  client: "someone",
  workspace: null,
  session: null,
  verdict: "anywhere",
  rule: "default",
  needs: [],
  messages: 1,
  chars: q.tokens * 4,
  tokens: q.tokens,
  maxTokens: null,
  history: 0,
  last: null,
  weak: q.weak,
  strong: q.strong,
  score: Math.max(0, q.strong - q.weak),
  novelty: 0,
});

type Worths = Readonly<Partial<Record<ModelName, number>>>;

/** What each answer is worth to the user in the policy's own measure: its true quality less what its money and time weigh. */
function worths(user: User, q: Asked, s: Snapshot, at: number, of: number): Worths {
  const f = featuresOf(q);
  const worth = (name: ModelName): number => {
    const term = termOf(s.byId.get(name)!, f, s, lambdaOf(quality), false);
    return user.pleased(q, name, at, of) + term.value - term.expected;
  };
  return Object.fromEntries(user.models.map((name) => [name, worth(name)]));
}

const bestOf = (user: User, w: Worths): ModelName => user.models.reduce((a, b) => (w[b]! > w[a]! ? b : a));

/** The one model of each task that is worth most over all interactions. */
function bestByTask(user: User, asked: readonly Asked[], plain: Snapshot): ReadonlyMap<Task, ModelName> {
  const sums = new Map<Task, Partial<Record<ModelName, number>>>();
  asked.forEach((q, i) => {
    const sum = sums.get(q.task) ?? {};
    const w = worths(user, q, plain, i, asked.length);
    for (const name of user.models) sum[name] = (sum[name] ?? 0) + w[name]!;
    sums.set(q.task, sum);
  });
  return new Map([...sums].map(([task, sum]) => [task, bestOf(user, sum)]));
}

/**
 * The regret of each of `n` interactions: what the best model for the very question would have been worth more. Everything is
 * real but the person and the models: features, snapshot, decision, learner; what the person does comes a while later.
 */
export function regrets(user: User, policy: Policy, seed: number, n: number, tuning = usual): Float64Array {
  const asked = questions(seed, n);
  const plain = snapshotWith(user, null);
  const byTask = policy === "best-by-task" ? bestByTask(user, asked, plain) : null;
  const regret = new Float64Array(n);
  const seen: Observation[] = [];
  const coming: (Observation | null)[] = [];
  let s = plain;
  asked.forEach((q, i) => {
    const f = featuresOf(q);
    if (policy === "learner" && i % together === 0 && seen.length > 0) s = snapshotWith(user, Learned.of(seen, tuning));
    const chosen = chooses(policy, f, s, byTask);
    const w = worths(user, q, plain, i, n);
    regret[i] = w[bestOf(user, w)]! - w[chosen]!;
    if (policy !== "learner") return;
    const signal = reaction(user, q, user.pleased(q, chosen, i, n));
    const expected = expectedQuality(f, s.standing.get(chosen)!);
    coming.push(signal && { task: q.task, model: chosen, expected, reward: rewards[signal] });
    if (coming.length > late) {
      const next = coming.shift();
      if (next) seen.push(next);
    }
  });
  return regret;
}

function chooses(policy: Policy, f: Features, s: Snapshot, byTask: ReadonlyMap<Task, ModelName> | null): ModelName {
  if (byTask) return byTask.get(f.task)!;
  if (policy !== "learner" && policy !== "no-learner") return policy as ModelName;
  const decided = decide(f, s);
  if ("fault" in decided) throw new Error(decided.fault.message);
  return decided.ok.model as ModelName;
}
