import type { Model } from "../../domain/model.ts";
import type { Plan } from "../../domain/plan.ts";
import type { StrategyName } from "../../protocol/strategy.ts";
import type { Route, Stage, Task } from "../../protocol/trace.ts";
import { doubtful } from "./doubt.ts";
import type { Features } from "./features.ts";
import { seedOf } from "./learned.ts";
import { two } from "./numbers.ts";
import { inWords, lambdaOf, weigh } from "./policy.ts";
import type { Snapshot } from "./snapshot.ts";

/** Who shall answer, and why. */
export interface Pick {
  readonly model: Model;
  readonly stage: Stage;
  readonly reason: string;
  readonly route?: Route;
  readonly confidence?: number;
  /** Where what was learned has moved it. */
  readonly score?: number;
  /** Absent: the model, with its fallbacks. */
  readonly plan?: Plan | null;
}

/** What a strategy chooses for: nothing in it has decided yet. */
export interface Open {
  readonly f: Features;
  readonly s: Snapshot;
  /** The models that can; at least one. */
  readonly eligible: readonly Model[];
  /** 0…1. */
  readonly quality: number;
  /** Why a model isn't among them. */
  readonly whyNot: (m: Model) => string;
}

/** A pure function of request and snapshot. */
export type Strategy = (open: Open) => Pick;

/** The quality that each strategy makes of the one that is wished, 0…1. */
const qualities: Readonly<Record<StrategyName, (quality: number, task: Task) => number>> = {
  control: (quality) => quality,
  "cost-aggressive": (quality) => Math.min(quality, 0.2),
  "quality-first": (quality) => Math.max(quality, 0.8),
  /** As much as the task deserves. */
  "by-task": (quality, task) => within(quality + (deserves[task] ?? 0)),
  adaptive: (quality) => quality,
};

/** The configured one; but what a client says itself of quality is neither raised nor lowered. */
export function strategyFor(f: Features, s: Snapshot): StrategyName {
  const { strategy } = s.routing;
  if (f.named === "switchyard/best") return "control"; // the policy might save a second of an easy question's time
  return f.quality !== null && strategy !== "adaptive" ? "control" : strategy;
}

export const qualityBy = (strategy: StrategyName, quality: number, task: Task): number =>
  qualities[strategy](quality, task);

const scored =
  (name: StrategyName): Strategy =>
  (open) =>
    byScore(open, qualityBy(name, open.quality, open.f.task));

/** Every strategy by its name; experiments compare them, and `routing.strategy` names one. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  /** By the score: below the band the primary, above it the escalation, inside it the judge or else the policy. */
  control: scored("control"),
  "cost-aggressive": scored("cost-aggressive"),
  "quality-first": scored("quality-first"),
  "by-task": scored("by-task"),
  /** Among all models that can, by the objective of the policy alone. */
  adaptive: (open) => byPolicy(open, open.quality, ""),
};

/** What is added to the quality for a task: a mistake in code costs more than one in a title. */
const deserves: Partial<Record<Task, number>> = {
  fix: 0.15,
  refactor: 0.15,
  agent: 0.15,
  test: 0.1,
  write: 0.1,
  explain: -0.1,
  document: -0.15,
  search: -0.15,
  shell: -0.1,
};

const within = (n: number): number => Math.max(0, Math.min(1, n));

function byScore(open: Open, quality: number): Pick {
  const { f, s, eligible } = open;
  const primary = s.primary!; // somebody qualified, so there is a first model
  const escalation = s.escalation!;
  const can = (m: Model): boolean => eligible.includes(m);
  if (primary === escalation && can(primary))
    return { model: primary, stage: "policy", reason: "there is one model to choose", confidence: 1 };
  const { low, high } = bandOf(s, quality);
  const score = learnedScore(f, s);
  const side = sideOf(score, low, high);
  const moved = side !== sideOf(f.score, low, high);
  const stage = moved ? "learner" : "classifier";
  const at = moved ? `score ${two(f.score)}, ${two(score)} by what you did with answers,` : `score ${two(score)}`;
  const confidence = Math.min(1, Math.round(Math.abs(score - (low + high) / 2) * 200) / 100);
  const band = `the band ${two(low)}..${two(high)}`;
  if (side === "below" && can(primary))
    return { model: primary, stage, reason: `${at} is below ${band}`, confidence, score };
  if (side === "above" && can(escalation))
    return { model: escalation, stage, reason: `${at} is above ${band}`, confidence, score };
  if (!can(primary) || !can(escalation)) {
    const model = can(primary) ? primary : can(escalation) ? escalation : weigh(eligible, f, s, quality).best.model;
    return { model, stage: "rules", reason: open.whyNot(can(primary) ? escalation : primary), score };
  }
  const inside = `${at} is inside ${band}`;
  // The guess stands when the judge says nothing in time: it is what the policy would say of the two.
  const guess = s.judge === null ? null : weigh([primary, escalation], f, s, quality).best.model;
  const plan = guess && doubtful(f, s, guess === escalation, eligible);
  if (plan) return { model: guess, stage: "policy", reason: inside, confidence, plan, score };
  const weighed = byPolicy(open, quality, `${inside}; `);
  // Moved into the band by what was learned: without it the nearer side would have answered.
  const without = score > f.score ? primary : escalation;
  if (!moved) return { ...weighed, score };
  return { ...weighed, stage: weighed.model === without ? "policy" : "learner", score };
}

/** Quality moves the band: at 0.5 it stands where it is configured, at 1 every score is above, at 0 none is. */
export function bandOf(s: Snapshot, quality: number): { readonly low: number; readonly high: number } {
  const moved = (edge: number): number => (quality > 0.5 ? edge * 2 * (1 - quality) : 1 - (1 - edge) * 2 * quality);
  return { low: moved(s.routing.band[0]), high: moved(s.routing.band[1]) };
}

const sideOf = (score: number, low: number, high: number): "below" | "inside" | "above" =>
  score < low ? "below" : score > high ? "above" : "inside";

/** How much the strong model is needed, by the classifier and by what was learned of it and of the primary. */
export function learnedScore(f: Features, s: Snapshot): number {
  if (!s.learned || !s.primary || !s.escalation) return f.score;
  const seed = seedOf(f.id);
  const gain = s.learned.shift(f.task, s.escalation.id, seed) - s.learned.shift(f.task, s.primary.id, seed);
  return within(f.score + gain);
}

function byPolicy({ f, s, eligible }: Open, quality: number, before: string): Pick {
  const weighed = weigh(eligible, f, s, quality);
  const { model } = weighed.best;
  const learned = weighed.unlearned !== model;
  const gap = weighed.next ? weighed.best.value - weighed.next.value : 1;
  return {
    model,
    stage: learned ? "learner" : "policy",
    reason: `${before}${inWords(weighed, lambdaOf(quality))}`,
    confidence: Math.min(1, Math.round((0.5 + gap) * 100) / 100),
  };
}
