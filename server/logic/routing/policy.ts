import { type Model, tiers } from "../../domain/model.ts";
import type { Task } from "../../protocol/trace.ts";
import type { Features } from "./features.ts";
import { seedOf } from "./learned.ts";
import type { Snapshot } from "./snapshot.ts";

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
const mu = 0.01;
/** Expected quality that a dollar is worth at quality 0.5: an answer of half a cent must be better by 0.2. */
const lambdaAtHalf = 40;
const mostLambda = 1e4;
/** Values nearer than this are a tie: the smaller model answers. */
export const tie = 0.005;

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

/** US dollars per million tokens, input and output, where nothing is known. */
const usualPrices = { local: [0, 0], economy: [0.25, 1.25], standard: [1, 5], premium: [3, 15] } as const;

/** Milliseconds to the first token that a model without a history is taken to need. */
const usualMs = { local: 300, cloud: 900 } as const;

export const expectedMs = (m: Model, s: Snapshot): number => s.latency.get(m.id)?.p50 ?? usualMs[m.locality];

/** Where a tier stands between a local and a premium model. */
const heights = { local: 0, economy: 0.4, standard: 0.75, premium: 1 } as const;

/** Where a model stands between the primary (0) and the escalation (1), whose rightness the classifier knows of. */
export function standingOf(m: Model, primary: Model | null, escalation: Model | null): number {
  if (m === primary) return 0;
  if (m === escalation) return 1;
  if (!primary || !escalation) return 0;
  const low = heights[primary.tier];
  const high = heights[escalation.tier];
  if (high <= low) return heights[m.tier] > low ? 1 : 0;
  return Math.max(0, Math.min(1, (heights[m.tier] - low) / (high - low)));
}

/** What a model's answer is expected to be, 0…1, before anything was learned. */
export const expectedQuality = (f: Pick<Features, "weak" | "strong">, standing: number): number =>
  f.weak + standing * (f.strong - f.weak);

/** The term of one model; `learning`: whether what was learned counts. */
export function termOf(m: Model, f: Features, s: Snapshot, lambda: number, learning: boolean): Term {
  const expected = expectedQuality(f, s.standing.get(m.id) ?? 0);
  const learned = learning && s.learned ? s.learned.shift(f.task, m.id, seedOf(f.id)) : 0;
  const out = Math.min(f.maxTokens ?? Infinity, outputTokens[f.task], m.maxOutput ?? Infinity);
  const input = f.tokens - (f.maxTokens ?? 0);
  const p = m.prices;
  const [priceIn, priceOut] = p ? [p.input, p.output] : usualPrices[m.tier];
  const whole = (input * priceIn + out * priceOut) / 1e6;
  const kept = f.last === null ? 0 : (f.history * (priceIn - (p ? p.cachedInput : priceIn))) / 1e6;
  const stays = f.last === m.id;
  const usd = stays ? whole - kept : whole;
  const seconds = expectedMs(m, s) / 1000;
  return {
    model: m,
    expected,
    learned,
    usd,
    assumed: p === null && m.tier !== "local",
    switchUsd: stays ? 0 : kept,
    seconds,
    value: expected + learned - lambda * usd - mu * seconds,
  };
}

/** Of two terms the better; where that is a tie, the smaller model, then the cheaper one, then the one named first. */
function better(a: Term, b: Term): Term {
  if (Math.abs(a.value - b.value) > tie) return b.value > a.value ? b : a;
  const size = tiers.indexOf(b.model.tier) - tiers.indexOf(a.model.tier);
  if (size !== 0) return size < 0 ? b : a;
  return b.usd < a.usd ? b : a;
}

export interface Weighed {
  readonly best: Term;
  /** The best of the others; null: there is none. */
  readonly next: Term | null;
}

/** Weighs the models, in as many steps as there are of them: how long the ledger or the conversation is doesn't matter. */
export function weigh(models: readonly Model[], f: Features, s: Snapshot, quality: number, learning: boolean): Weighed {
  const lambda = lambdaOf(quality);
  let best = termOf(models[0]!, f, s, lambda, learning);
  let next: Term | null = null;
  for (let i = 1; i < models.length; i++) {
    const term = termOf(models[i]!, f, s, lambda, learning);
    const winner = better(best, term);
    const loser = winner === best ? term : best;
    if (next === null || loser.value > next.value) next = loser;
    best = winner;
  }
  return { best, next };
}

/** The term that decided, in words. */
export function inWords({ best, next }: Weighed, quality: number): string {
  if (next === null) return "there is one model to choose";
  const lambda = lambdaOf(quality);
  const than = next.model.id;
  if (Math.abs(best.value - next.value) <= tie && tiers.indexOf(best.model.tier) < tiers.indexOf(next.model.tier))
    return `as good a bargain as ${than}, and smaller`;
  const advantages: readonly [number, string][] = [
    [best.expected - next.expected, `expected quality ${two(best.expected)} against ${two(next.expected)} of ${than}`],
    [best.learned - next.learned, `what you did with answers speaks for it against ${than}`],
    [
      lambda * (next.usd - next.switchUsd - (best.usd - best.switchUsd)),
      `about ${usd(best.usd)} instead of ${usd(next.usd)} of ${than}`,
    ],
    [lambda * (next.switchUsd - best.switchUsd), `${than} would read the conversation anew for ${usd(next.switchUsd)}`],
    [
      mu * (next.seconds - best.seconds),
      `first token after ${two(best.seconds)} s instead of ${two(next.seconds)} s of ${than}`,
    ],
  ];
  return advantages.reduce((a, b) => (b[0] > a[0] ? b : a))[1];
}

const two = (n: number): string => n.toFixed(2);
const usd = (n: number): string => `$${n < 0.01 ? n.toFixed(5) : n.toFixed(3)}`;
