import { type Model, type ModelId, tiers } from "../../domain/model.ts";
import type { Task } from "../../protocol/trace.ts";
import type { Features } from "./features.ts";
import { seedOf } from "./learned.ts";
import { dollars, two } from "./numbers.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Traits } from "./traits.ts";

/**
 * The objective of the policy, for one model: expected quality (0…1) − λ · expected cost (US dollars) − μ · expected seconds
 * to the first token. `cost` holds what leaving the conversation's last model costs: its provider has the history at hand, the
 * next one reads it anew.
 */
export interface Term {
  readonly model: Model;
  /** What the classifier expects, by where the model stands between primary and escalation. */
  readonly expected: number;
  /** What was learned of it, drawn; 0 without a learner. */
  readonly learned: number;
  readonly usd: number;
  /** Its prices aren't known: those usual in its tier are assumed. */
  readonly assumed: boolean;
  /** The part of `usd` that the history makes because another model answered last. */
  readonly switchUsd: number;
  readonly seconds: number;
  readonly value: number;
}

/** Expected quality that a second of waiting is worth. */
export const mu = 0.01;
/**
 * Expected quality that a dollar is worth at quality 0.5: an answer for half a cent more must be better by 0.15. So the
 * policy and the usual band agree: a short question's answer by a premium model is worth its price from the lower edge on.
 */
const lambdaAtHalf = 30;
const mostLambda = 1e4;
/** Values nearer than this are a tie: the smaller model answers, or, where the price counts nothing, the larger. */
const tie = 0.005;

/** What a dollar weighs against quality: nothing at quality 1, everything at 0. */
export const lambdaOf = (quality: number): number =>
  quality <= 0 ? mostLambda : Math.min(mostLambda, (lambdaAtHalf * (1 - quality)) / quality);

/** Tokens that an answer has, by what is asked for: a prior, bounded by what the client asked for. */
const outputTokens: Readonly<Record<Task, number>> = {
  chat: 350,
  explain: 450,
  fix: 450,
  write: 600,
  test: 700,
  refactor: 600,
  document: 400,
  "commit-message": 60,
  title: 12,
  summary: 200,
  shell: 80,
  search: 150,
  agent: 400,
  completion: 60,
  other: 350,
};

/** What a model's answer is expected to be, 0…1, before anything was learned. */
export const expectedQuality = (f: Pick<Features, "weak" | "strong">, standing: number): number =>
  f.weak + standing * (f.strong - f.weak);

const inputOf = (f: Features): number => f.tokens - (f.maxTokens ?? 0);
const mostOutOf = (f: Features): number => Math.min(f.maxTokens ?? Infinity, outputTokens[f.task]);
const keptOf = (x: Traits, f: Features): number => (f.last === null ? 0 : f.history * x.keptLess);
const usdOf = (x: Traits, id: ModelId, f: Features, input: number, out: number): number => {
  const whole = input * x.priceIn + Math.min(out, x.mostOut) * x.priceOut;
  return f.last === id ? whole - keptOf(x, f) : whole;
};
const learnedOf = (id: ModelId, f: Features, s: Snapshot, seed: number): number =>
  s.learned === null ? 0 : s.learned.shift(f.task, id, seed);
const worthOf = (expected: number, learned: number, lambda: number, usd: number, seconds: number): number =>
  expected + learned - lambda * usd - mu * seconds;

/** The term of one model; `learning`: whether what was learned counts. */
export const termOf = (m: Model, f: Features, s: Snapshot, lambda: number, learning: boolean): Term =>
  termWith(m, f, s, lambda, learning ? learnedOf(m.id, f, s, seedOf(f.id)) : 0);

function termWith(m: Model, f: Features, s: Snapshot, lambda: number, learned: number): Term {
  const x = s.traits.get(m)!;
  const expected = expectedQuality(f, x.standing);
  const usd = usdOf(x, m.id, f, inputOf(f), mostOutOf(f));
  return {
    model: m,
    expected,
    learned,
    usd,
    assumed: x.assumed,
    switchUsd: f.last === m.id ? 0 : keptOf(x, f),
    seconds: x.seconds,
    value: worthOf(expected, learned, lambda, usd, x.seconds),
  };
}

/** The best until now, by the numbers that are compared. */
interface Best {
  model: Model;
  learned: number;
  value: number;
  usd: number;
  rank: number;
}

/** Whether the other is better; where that is a tie, whether it is the smaller model, then whether it is cheaper. */
function beats(value: number, usd: number, rank: number, best: Best, lambda: number): boolean {
  if (Math.abs(best.value - value) > tie) return value > best.value;
  if (rank === best.rank) return usd < best.usd;
  return lambda === 0 ? rank > best.rank : rank < best.rank;
}

export interface Weighed {
  readonly best: Term;
  /** The best of the others; null: there is none. */
  readonly next: Term | null;
  /** Who would be the best if nothing had been learned. */
  readonly unlearned: Model;
}

/**
 * Weighs the models, in as many steps as there are of them: how long the ledger or the conversation is doesn't matter. Terms
 * are made of the two best alone.
 */
export function weigh(models: readonly Model[], f: Features, s: Snapshot, quality: number): Weighed {
  const lambda = lambdaOf(quality);
  const seed = s.learned === null ? 0 : seedOf(f.id);
  const input = inputOf(f);
  const out = mostOutOf(f);
  const best: Best = { model: models[0]!, learned: 0, value: 0, usd: 0, rank: 0 };
  const unlearned: Best = { model: models[0]!, learned: 0, value: 0, usd: 0, rank: 0 };
  let next: Model | null = null;
  let nextValue = 0;
  let nextLearned = 0;
  for (let i = 0; i < models.length; i++) {
    const model = models[i]!;
    const x = s.traits.get(model)!;
    const expected = expectedQuality(f, x.standing);
    const usd = usdOf(x, model.id, f, input, out);
    const learned = learnedOf(model.id, f, s, seed);
    const value = worthOf(expected, learned, lambda, usd, x.seconds);
    const plain = worthOf(expected, 0, lambda, usd, x.seconds);
    if (i === 0 || beats(plain, usd, x.rank, unlearned, lambda)) take(unlearned, model, 0, plain, usd, x.rank);
    const won = i === 0 || beats(value, usd, x.rank, best, lambda);
    const lost = won ? best.value : value;
    if (i > 0 && (next === null || lost > nextValue)) {
      next = won ? best.model : model;
      nextValue = lost;
      nextLearned = won ? best.learned : learned;
    }
    if (won) take(best, model, learned, value, usd, x.rank);
  }
  return {
    best: termWith(best.model, f, s, lambda, best.learned),
    next: next && termWith(next, f, s, lambda, nextLearned),
    unlearned: unlearned.model,
  };
}

function take(best: Best, model: Model, learned: number, value: number, usd: number, rank: number): void {
  best.model = model;
  best.learned = learned;
  best.value = value;
  best.usd = usd;
  best.rank = rank;
}

/** The term that decided, in words. */
export function inWords({ best, next }: Weighed, lambda: number): string {
  if (next === null) return "there is one model to choose";
  const than = next.model.id;
  if (Math.abs(best.value - next.value) <= tie && tiers.indexOf(best.model.tier) < tiers.indexOf(next.model.tier))
    return `as good a bargain as ${than}, and smaller`;
  if (best.value === next.value && best.model.tier === next.model.tier)
    return `as good a bargain as ${than}, and ${best.usd < next.usd ? "cheaper" : "named before it"}`;
  const quality = best.expected - next.expected;
  const learned = best.learned - next.learned;
  const cost = lambda * (next.usd - next.switchUsd - (best.usd - best.switchUsd));
  const stay = lambda * (next.switchUsd - best.switchUsd);
  const time = mu * (next.seconds - best.seconds);
  const most = Math.max(quality, learned, cost, stay, time);
  // Only the sentence that is said is made.
  if (most === quality) return `expected quality ${two(best.expected)} against ${two(next.expected)} of ${than}`;
  if (most === learned) return `what you did with answers speaks for it against ${than}`;
  if (most === cost) return `about ${dollars(best.usd)} instead of ${dollars(next.usd)} of ${than}`;
  if (most === stay) return `${than} would read the conversation anew for ${dollars(next.switchUsd)}`;
  return `first token after ${two(best.seconds)} s instead of ${two(next.seconds)} s of ${than}`;
}
