import { type Clues, shiftOf } from "./clues.ts";
import { denseCount, denseOf } from "./dense.ts";
import { sumWords, type WordSums } from "./familiar.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { sumForest } from "./forest.ts";
import { Scanner } from "./scanner.ts";
import { signalsOf } from "./signals.ts";
import { readWeights, type Weights } from "./weights.ts";

export interface Estimate {
  /** Probability that the weak model is right. */
  readonly weak: number;
  /** Probability that the strong model is right. */
  readonly strong: number;
  /** Probability that the strong model is needed: that it is right where the weak one isn't. */
  readonly score: number;
  /** Share of the n-grams that training never saw. */
  readonly novelty: number;
}

/** What the model says before it is calibrated. */
export interface Raw {
  gain: number;
  weak: number;
  novelty: number;
  /** How little the text resembles training, 0..1. */
  strangeness: number;
}

const limit = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Moves a probability by so much in the logarithm of its odds. */
const moved = (p: number, by: number): number => {
  if (by === 0) return p;
  const odds = (p / (1 - p)) * Math.exp(by);
  return odds / (1 + odds);
};

export class Classifier {
  private readonly weights: Weights;
  private readonly scanner = new Scanner();
  private readonly dense = new Int32Array(denseCount);
  private readonly sums = new Float64Array(3);
  private readonly words: WordSums = { gain: 0, weak: 0, novelty: 0 };
  private readonly raw: Raw = { gain: 0, weak: 0, novelty: 0, strangeness: 0 };

  /** Throws when the file isn't one of this code's. */
  constructor(file: Uint8Array) {
    this.weights = readWeights(file);
    if (this.weights.fingerprint !== fingerprintOf())
      throw new Error("the classifier's weights belong to other features; run: npm run train:classifier");
  }

  /** `text` is the whole last user message. */
  estimate(text: string, clues: Clues): Estimate {
    const { gain, weak, novelty, strangeness } = this.judge(text);
    const { weights } = this;
    const shift = shiftOf(clues) + signalsOf(this.scanner, strangeness);
    const weakRight = moved(limit(weights.weak.at(weak), 0.001, 0.999), -shift);
    return {
      weak: weakRight,
      // What is hard for the weak model is somewhat harder for the strong one; nowhere is it taken to be the worse.
      strong: Math.max(weakRight, moved(limit(weights.strong.at(weak + gain), 0.001, 0.999), -shift / 3)),
      score: moved(limit(weights.need.at(gain), 0.0001, 0.9999), shift),
      novelty,
    };
  }

  private judge(text: string): Raw {
    const { scanner, dense, sums, words, raw, weights } = this;
    scanner.scan(text);
    denseOf(scanner, dense);
    sumForest(weights.forest, dense, sums);
    sumWords(weights, scanner.grams, scanner.gramCount, words);
    combine(weights, sums, words, scanner.chars, raw);
    return raw;
  }
}

const between = (value: number, from: number, to: number): number => limit((value - from) / (to - from), 0, 1);

/**
 * Structure and words blended. A text may be strange for its words, which training never saw, or for its structure,
 * which falls where training was sparse. The stranger it is, the less what was learned counts and the more its length:
 * of all signs the one that carries over to other sources.
 */
export function combine(
  { parameters: p, length }: Pick<Weights, "parameters" | "length">,
  sums: Float64Array,
  words: WordSums,
  chars: number,
  into: Raw,
): void {
  const learned = (1 - p.gainWordShare) * sums[0]! + p.gainWordShare * p.gainWordScale * words.gain;
  const known =
    (1 - between(words.novelty, p.noveltyFrom, p.noveltyTo)) * (1 - between(sums[2]!, p.densityFrom, p.densityTo));
  const strangeness = 1 - known;
  const slope = p.lengthSlope + (p.strangeLengthSlope - p.lengthSlope) * strangeness;
  into.gain = p.gainBase + (1 - p.distrust * strangeness) * learned + slope * (length.at(chars) - p.lengthMiddle);
  into.weak = p.weakBase + (1 - p.weakWordShare) * sums[1]! + p.weakWordShare * p.weakWordScale * words.weak;
  into.novelty = words.novelty;
  into.strangeness = strangeness;
}
