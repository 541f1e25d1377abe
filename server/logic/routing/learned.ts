import type { ModelId } from "../../domain/model.ts";
import type { Task } from "../../protocol/trace.ts";
import { betaQuantiles } from "./beta.ts";

/** What a person made of one answer. */
export interface Observation {
  readonly task: Task;
  readonly model: ModelId;
  /** How good it was expected to be, 0…1, before anybody saw it. */
  readonly expected: number;
  /** What the person's doing made of it, 0…1. */
  readonly reward: number;
}

/** What was learned of one model at one task. */
export interface LearnedRow {
  readonly task: Task;
  readonly model: ModelId;
  /** Answers that were judged, and what they weigh: the older an answer, the less. */
  readonly answers: number;
  readonly weight: number;
  /** Means of what was expected and of what it was, 0…1. */
  readonly expected: number;
  readonly reward: number;
  /** What is added to the expected quality on average, within ± `bound`. */
  readonly shift: number;
}

/** So many answers is what is expected before the first one worth. */
const priorWeight = 6;
/** What each further answer to the same task leaves of the older ones' weight: about fifty answers count. */
const discount = 0.98;
/** What was learned moves an expected quality by so much at most: the bounds of the policy. */
export const bound = 0.3;
/** With fewer answers to a task nothing is tried out. */
const triedAfter = 5;
/** Points of a distribution that are drawn from. */
const points = 64;

interface Arm {
  readonly row: LearnedRow;
  /** Quantiles of the shift. */
  readonly shifts: Float64Array;
}

/**
 * What was learned from people's doing, for Thompson sampling: each model at each task has a Beta distribution of how good its
 * answers are, whose prior is what the classifier expected of them; a decision draws from it, by chance that its request's id
 * seeds. Immutable.
 */
export class Learned {
  readonly #arms: ReadonlyMap<string, Arm>;
  /** Answers by task. */
  readonly #tasks: ReadonlyMap<Task, number>;

  private constructor(arms: ReadonlyMap<string, Arm>, tasks: ReadonlyMap<Task, number>) {
    this.#arms = arms;
    this.#tasks = tasks;
  }

  /** From the oldest to the newest. */
  static of(observations: Iterable<Observation>): Learned {
    const sums = new Map<string, Sum>();
    const tasks = new Map<Task, number>();
    for (const o of observations) {
      const nth = tasks.get(o.task) ?? 0;
      tasks.set(o.task, nth + 1);
      const key = keyOf(o.task, o.model);
      let sum = sums.get(key);
      if (!sum) {
        sum = new Sum(o.task, o.model);
        sums.set(key, sum);
      }
      sum.add(o, nth);
    }
    const arms = new Map<string, Arm>();
    for (const [key, sum] of sums) arms.set(key, armOf(sum, (tasks.get(sum.task) ?? 1) - 1));
    return new Learned(arms, tasks);
  }

  get empty(): boolean {
    return this.#arms.size === 0;
  }

  rows(): LearnedRow[] {
    return [...this.#arms.values()].map((arm) => arm.row).sort((a, b) => b.answers - a.answers);
  }

  /** What a decision adds to a model's expected quality: a draw, the same for the same `seed` (a 32-bit number). */
  shift(task: Task, model: ModelId, seed: number): number {
    const answers = this.#tasks.get(task);
    if (answers === undefined) return 0;
    const arm = this.#arms.get(keyOf(task, model));
    if (arm === undefined && answers < triedAfter) return 0;
    return (arm?.shifts ?? untried)[pick(seed, model)]!;
  }
}

const keyOf = (task: Task, model: ModelId): string => `${task} ${model}`;

/** Discounted sums of one model at one task. */
class Sum {
  readonly task: Task;
  readonly model: ModelId;
  answers = 0;
  weight = 0;
  expected = 0;
  reward = 0;
  #nth = 0;

  constructor(task: Task, model: ModelId) {
    this.task = task;
    this.model = model;
  }

  /** `nth`: which answer to this task it is. */
  add(o: Observation, nth: number): void {
    this.fade(nth);
    this.answers++;
    this.weight++;
    this.expected += o.expected;
    this.reward += o.reward;
  }

  fade(nth: number): void {
    const left = discount ** (nth - this.#nth);
    this.#nth = nth;
    this.weight *= left;
    this.expected *= left;
    this.reward *= left;
  }
}

function armOf(sum: Sum, nth: number): Arm {
  sum.fade(nth);
  const expected = sum.expected / sum.weight;
  const good = priorWeight * expected + sum.reward;
  const bad = priorWeight * (1 - expected) + sum.weight - sum.reward;
  const mean = good / (good + bad);
  return {
    row: {
      task: sum.task,
      model: sum.model,
      answers: sum.answers,
      weight: sum.weight,
      expected,
      reward: sum.reward / sum.weight,
      shift: bounded(mean - expected),
    },
    shifts: shiftsOf(good, bad, expected),
  };
}

const bounded = (shift: number): number => Math.max(-bound, Math.min(bound, shift));

const shiftsOf = (good: number, bad: number, expected: number): Float64Array =>
  betaQuantiles(good, bad, points).map((theta) => bounded(theta - expected));

/** Of a model that nobody has judged at this task: its prior alone. */
const untriedMean = 0.7;
const untried = shiftsOf(priorWeight * untriedMean, priorWeight * (1 - untriedMean), untriedMean);

/** One of the points, by chance: models of one request are drawn apart. */
function pick(seed: number, model: ModelId): number {
  let h = seed | 0;
  for (let i = 0; i < model.length; i++) h = Math.imul(h ^ model.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) % points;
}

/** A request's chance: FNV-1a over its id. */
export function seedOf(id: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
