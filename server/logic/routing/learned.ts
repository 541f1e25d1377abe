import type { ModelId } from "../../domain/model.ts";
import { fnv } from "../../kit/fnv.ts";
import type { Task } from "../../protocol/trace.ts";
import { betaQuantiles } from "./beta.ts";
import { type Observation, type Sum, sumUp } from "./sums.ts";

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

/** How fast and how far is learned. Chosen with simulated users, on other seeds than are reported: `npm run bench -- learner`. */
export interface Tuning {
  /** So many answers is what is expected of a model at a task worth: 12 to 30 do alike, with 6 the first rewards turn its head. */
  readonly priorWeight: number;
  /** What each further answer to a task leaves of the older ones' weight: about a hundred count, so that a change is noticed. */
  readonly discount: number;
  /** After so many answers half of what they have in common is believed, of a model beside others or at a task; 5 to 20 do alike. */
  readonly halfKnown: number;
  /** A model's way at all tasks is the mean over those that are known and so many of which nothing is: one is seldom like all. */
  readonly otherTasks: number;
  /** … and moves a task by so much at most, be it as it may elsewhere: half of that, or twice, do alike. */
  readonly elsewhere: number;
  /** So many standard deviations of what was learned are held for chance and count nothing: with 0.5, learning costs where there is nothing to learn; with 1, a third of the gain is lost. */
  readonly doubt: number;
  /** A draw is as narrow as with so many times the answers: whole draws cost more than they find, since questions differ enough. */
  readonly sharpness: number;
  /** What was learned moves an expected quality by so much at most, the bounds of the policy: enough for the easiest question to reach the usual band. */
  readonly bound: number;
}

export const usual: Tuning = {
  priorWeight: 15,
  discount: 0.99,
  halfKnown: 10,
  otherTasks: 1,
  elsewhere: 0.1,
  doubt: 0.7,
  sharpness: 10,
  bound: 0.4,
};

/** Points of a distribution that are drawn from. */
const points = 64;
/** The variance of one reward, about: what it is where most answers are kept and the others undone. */
const rewardVariance = 0.2;
/** How good a model is taken to be that nobody has judged at a task; it only says how wide its draws are. */
const untriedMean = 0.7;

/** Shifts to draw from: quantiles of one model at one task. */
type Draws = Float64Array;
type ByTask = ReadonlyMap<Task, ReadonlyMap<ModelId, Draws>>;

/**
 * What was learned from people's doing, for Thompson sampling: each model at each task has a Beta distribution of how good its
 * answers are, whose prior is what the classifier expected of them; a decision draws from it, by chance that its request's id
 * seeds. People are stricter than the classifier, or milder, and who is content shows it less: what all models' answers have
 * in common is taken for that, and moves nothing. What one model's answers to all tasks have in common is part of its prior at
 * each, within narrow bounds. Immutable.
 */
export class Learned {
  readonly rows: readonly LearnedRow[];
  readonly #draws: ByTask;
  /** Of models at tasks that nobody has judged them at. */
  readonly #untried: ReadonlyMap<ModelId, Draws>;

  private constructor(rows: LearnedRow[], draws: ByTask, untried: ReadonlyMap<ModelId, Draws>) {
    this.rows = rows.sort((a, b) => b.answers - a.answers);
    this.#draws = draws;
    this.#untried = untried;
  }

  /** From the oldest to the newest. */
  static of(observations: Iterable<Observation>, tuning: Tuning = usual): Learned {
    const sums = sumUp(observations, tuning.discount);
    const totals = totalsOf(sums);
    const common = commonOf(totals.values(), tuning);
    const offsets = offsetsOf(sums, common, tuning);
    const rows: LearnedRow[] = [];
    const draws = new Map<Task, Map<ModelId, Draws>>();
    for (const sum of sums) {
      const { task, model, answers, weight } = sum;
      const expected = sum.expected / weight;
      const shifts = shiftsOf(expected + common, offsets.get(model) ?? 0, sum, tuning);
      rows.push({
        task,
        model,
        answers,
        weight,
        expected,
        reward: sum.reward / weight,
        shift: bounded(meanOf(shifts), tuning.bound),
      });
      const ofTask = draws.get(task) ?? new Map<ModelId, Draws>();
      draws.set(task, ofTask.set(model, shifts));
    }
    const untried = new Map<ModelId, Draws>();
    for (const [model, offset] of offsets)
      untried.set(model, shiftsOf(untriedMean, offset, { weight: 0, reward: 0 }, tuning));
    return new Learned(rows, draws, untried);
  }

  get empty(): boolean {
    return this.rows.length === 0;
  }

  /** What a decision adds to a model's expected quality: a draw, the same for the same `seed` (a 32-bit number). */
  shift(task: Task, model: ModelId, seed: number): number {
    const draws = this.#draws.get(task)?.get(model) ?? this.#untried.get(model) ?? unknown;
    return draws[pick(seed, model)]!;
  }
}

/** What a model's answers to all tasks add up to. */
interface Total {
  weight: number;
  off: number;
}

function totalsOf(sums: readonly Sum[]): Map<ModelId, Total> {
  const totals = new Map<ModelId, Total>();
  for (const s of sums) {
    const total = totals.get(s.model) ?? { weight: 0, off: 0 };
    total.weight += s.weight;
    total.off += s.reward - s.expected;
    totals.set(s.model, total);
  }
  return totals;
}

/**
 * What the answers of all models fall short of what was expected, or exceed it: the way in which people judge. One model's
 * answers alone don't tell whether it is that or the model: so much is believed as there is to be seen of the others.
 */
function commonOf(totals: Iterable<Total>, { halfKnown }: Tuning): number {
  let seen = 0;
  let most = 0;
  let off = 0;
  for (const t of totals) {
    const known = t.weight / (t.weight + halfKnown);
    seen += known;
    most = Math.max(most, known);
    off += known * (t.off / t.weight);
  }
  return seen === 0 ? 0 : (off / seen) * Math.min(1, seen - most);
}

/**
 * What each model's answers are better or worse than expected at all tasks: the mean over tasks, so that however many answers
 * to one task say little of the others.
 */
function offsetsOf(sums: readonly Sum[], common: number, t: Tuning): Map<ModelId, number> {
  const totals = new Map<ModelId, { tasks: number; weight: number; off: number }>();
  for (const { model, weight, reward, expected } of sums) {
    const total = totals.get(model) ?? { tasks: 0, weight: 0, off: 0 };
    const known = weight / (weight + t.halfKnown);
    total.tasks += known;
    total.weight += weight;
    total.off += known * ((reward - expected) / weight - common);
    totals.set(model, total);
  }
  const offsets = new Map<ModelId, number>();
  for (const [model, { tasks, weight, off }] of totals) {
    const offset = beyond(off / (tasks + t.otherTasks), t.doubt * Math.sqrt(rewardVariance / (weight + t.priorWeight)));
    offsets.set(model, bounded(offset, t.elsewhere));
  }
  return offsets;
}

/** What is left of a deviation when so much of it is held for chance. */
const beyond = (x: number, chance: number): number => Math.sign(x) * Math.max(0, Math.abs(x) - chance);

const bounded = (shift: number, bound: number): number => Math.max(-bound, Math.min(bound, shift));

const within = (p: number): number => Math.max(0.05, Math.min(0.95, p));

/** The shifts of a model at a task: its own `offset`, and what its rewards there say beyond. `expected`: as people judge. */
function shiftsOf(
  expected: number,
  offset: number,
  { weight, reward }: Pick<Sum, "weight" | "reward">,
  t: Tuning,
): Draws {
  const prior = within(expected + offset);
  const good = t.priorWeight * prior + reward;
  const n = t.priorWeight + weight;
  const mean = good / n;
  const chance = t.doubt * Math.sqrt((mean * (1 - mean)) / (n + 1));
  const shift = (theta: number): number =>
    Math.max(-t.bound, Math.min(t.bound, offset + beyond(theta - prior, chance)));
  return betaQuantiles(good * t.sharpness, (n - good) * t.sharpness, points).map(shift);
}

/** Of a model that nobody has judged at anything. */
const unknown: Draws = shiftsOf(untriedMean, 0, { weight: 0, reward: 0 }, usual);

const meanOf = (shifts: Draws): number => shifts.reduce((a, b) => a + b, 0) / shifts.length;

/** One of the points, by chance: models of one request are drawn apart. */
function pick(seed: number, model: ModelId): number {
  let h = fnv(model, seed);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) % points;
}

/** A request's chance. */
export const seedOf = (id: string): number => fnv(id) >>> 0;
