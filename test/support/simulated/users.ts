import { chance } from "../../../server/kit/chance.ts";
import type { StrategyName } from "../../../server/protocol/strategy.ts";
import type { Signal, Task } from "../../../server/protocol/trace.ts";

/** A question as the classifier sees it, and chance that belongs to it: the same for every policy that is compared. */
export interface Asked {
  readonly id: string;
  readonly task: Task;
  /** What the classifier says. */
  readonly weak: number;
  readonly strong: number;
  /** How far it is off for this very question, for each of the two: it is right on average alone. */
  readonly weakOff: number;
  readonly strongOff: number;
  readonly tokens: number;
  /** 0…1: decides with the answer's quality whether the answer is good, whether anybody shows it, and how. */
  readonly luck: readonly [good: number, shown: number, how: number];
}

export type ModelName = "small" | "medium" | "large";

/** Somebody with known preferences. */
export interface User {
  readonly name: string;
  readonly about: string;
  /** Whether there is something that the classifier doesn't know. */
  readonly surprises: boolean;
  readonly strategy: StrategyName;
  /** The models that they have. */
  readonly models: readonly ModelName[];
  /** How probable it is that an answer pleases, 0…1, at the `at`-th of `of` interactions. */
  readonly pleased: (asked: Asked, model: ModelName, at: number, of: number) => number;
  /** What share of answers shows anything of what was thought of it: of good ones and of bad ones. */
  readonly shows: { readonly good: number; readonly bad: number };
  /** What share of the good answers is edited before it is kept. */
  readonly edits: number;
}

/** How often each task is asked. */
const tasks: readonly (readonly [Task, number])[] = [
  ["chat", 0.15],
  ["explain", 0.2],
  ["fix", 0.2],
  ["write", 0.15],
  ["test", 0.1],
  ["refactor", 0.1],
  ["document", 0.05],
  ["shell", 0.05],
];

const within = (p: number): number => Math.max(0.02, Math.min(0.98, p));

/** As the classifier expects it, but for this question's own chance. */
function expected(q: Asked, model: ModelName): number {
  const weak = q.weak + q.weakOff;
  const strong = q.strong + q.strongOff;
  if (model === "small") return within(weak);
  return within(model === "large" ? strong : weak + 0.75 * (strong - weak));
}

const someone = {
  strategy: "control",
  models: ["small", "large"],
  surprises: true,
  // Who is pleased moves on; who isn't undoes or asks again.
  shows: { good: 0.35, bad: 0.55 },
  edits: 0.25,
} as const;

const badAt = (tasks: readonly Task[], by: number): User["pleased"] => {
  return (q, model) => within(expected(q, model) - (model === "small" && tasks.includes(q.task) ? by : 0));
};

export const users: readonly User[] = [
  {
    ...someone,
    name: "as-expected",
    about: "the classifier is right",
    surprises: false,
    pleased: expected,
  },
  {
    ...someone,
    name: "strict",
    about: "the classifier is right, and people show little but what they dislike",
    surprises: false,
    pleased: expected,
    shows: { good: 0.15, bad: 0.6 },
    edits: 0.6,
  },
  {
    ...someone,
    name: "good-local",
    about: "the local model is nearly as good as the large one, which nobody expects",
    pleased: (q, model) => {
      const p = expected(q, model);
      return model === "small" ? Math.min(within(p + 0.25), expected(q, "large")) : p;
    },
  },
  {
    ...someone,
    name: "bad-at-code",
    about: "the local model is bad at fixing and refactoring, which nobody expects",
    pleased: badAt(["fix", "refactor"], 0.4),
  },
  {
    ...someone,
    name: "bad-local",
    about: "the local model is worse than expected at everything",
    pleased: badAt(
      tasks.map(([task]) => task),
      0.3,
    ),
  },
  {
    ...someone,
    name: "middle-best",
    about: "the middle model is the best at tests and at writing code",
    strategy: "adaptive",
    models: ["small", "medium", "large"],
    pleased: (q, model) => {
      if (q.task !== "test" && q.task !== "write") return expected(q, model);
      return model === "medium" ? within(expected(q, "large") + 0.1) : within(expected(q, model) - 0.15);
    },
  },
  {
    ...someone,
    name: "changing",
    about: "as expected; from the middle on the local model is bad at fix, refactor and test",
    pleased: (q, model, at, of) => (at < of / 2 ? expected : badAt(["fix", "refactor", "test"], 0.4))(q, model, at, of),
  },
];

/** What somebody does with an answer, or null. */
export function reaction(user: User, { luck: [good, shown, how] }: Asked, pleased: number): Signal | null {
  if (good < pleased) return shown >= user.shows.good ? null : how < user.edits ? "edited" : "kept";
  return shown >= user.shows.bad ? null : how < 0.5 ? "undone" : how < 0.75 ? "retried" : "diagnostics";
}

function taskAt(at: number): Task {
  let upTo = 0;
  for (const [task, share] of tasks) {
    upTo += share;
    if (at < upTo) return task;
  }
  return "chat";
}

/** Questions as they come to somebody: gains that are small mostly and large at times, as in the routing data. */
export function questions(seed: number, n: number): Asked[] {
  const u = chance(seed);
  /** About normal, within ±3. */
  const bell = (): number => (u() + u() + u() + u() - 2) * Math.sqrt(3);
  return Array.from({ length: n }, (_, i) => {
    const task = taskAt(u());
    const strong = Math.max(0.4, Math.min(0.97, 0.82 + 0.1 * bell()));
    const gain = 0.75 * u() ** 1.5; // a third on average
    const weak = Math.max(0.05, strong - gain);
    const tokens = Math.round(40 + 1500 * u() ** 3);
    const [weakOff, strongOff] = [0.08 * bell(), 0.05 * bell()];
    return { id: `${seed}-${i}`, task, weak, strong, weakOff, strongOff, tokens, luck: [u(), u(), u()] };
  });
}
