/** The model from some of the items, and what it says of others. */
import { combine, type Raw } from "../../server/logic/routing/classifier/classifier.ts";
import { Curve } from "../../server/logic/routing/classifier/curve.ts";
import { denseCount } from "../../server/logic/routing/classifier/dense.ts";
import { sumWords } from "../../server/logic/routing/classifier/familiar.ts";
import { type Forest, sumForest } from "../../server/logic/routing/classifier/forest.ts";
import type { Parameters, Points } from "../../server/logic/routing/classifier/weights.ts";
import { lengthCurve } from "./calibrate.ts";
import type { Features } from "./extract.ts";
import { bucketsOf, knownOf, quantised, solve } from "./ridge.ts";
import { growForest, type TreeOptions, treeOptions } from "./trees.ts";

/** How the parts are put together. Chosen by cross-validation over groups and by leaving sources out. */
export type Blend = Pick<
  Parameters,
  | "gainWordShare"
  | "weakWordShare"
  | "noveltyFrom"
  | "noveltyTo"
  | "densityFrom"
  | "densityTo"
  | "distrust"
  | "lengthSlope"
  | "strangeLengthSlope"
  | "lengthMiddle"
>;
export const blend: Blend = {
  gainWordShare: 0.4,
  weakWordShare: 0.4,
  noveltyFrom: 0.24,
  noveltyTo: 0.84,
  densityFrom: -4.03,
  densityTo: -5.23,
  distrust: 0.85,
  lengthSlope: 0.18,
  strangeLengthSlope: 0.6,
  lengthMiddle: 0.3,
};

export interface Model {
  readonly forest: Forest;
  readonly known: Uint8Array;
  readonly words: Int8Array;
  readonly length: Points;
  readonly parameters: Parameters;
}

/** All that is known of the items to be learned from. */
export interface Lesson {
  readonly features: Features;
  readonly sources: readonly string[];
  readonly gain: Float64Array;
  readonly weak: Float64Array;
  readonly weights: Float64Array;
}

const pick = (values: Float64Array, rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);

function centred(values: Float64Array, weights: Float64Array): { base: number; rest: Float64Array } {
  let [sum, total] = [0, 0];
  for (const [i, weight] of weights.entries()) {
    sum += weight * values[i]!;
    total += weight;
  }
  const base = Math.fround(sum / total);
  return { base, rest: values.map((value) => value - base) };
}

export function learn(lesson: Lesson, rows: Int32Array, mix: Blend = blend, trees: TreeOptions = treeOptions): Model {
  const { features } = lesson;
  const weights = pick(lesson.weights, rows);
  const gain = centred(pick(lesson.gain, rows), weights);
  const weak = centred(pick(lesson.weak, rows), weights);
  const known = knownOf(features, rows);
  const buckets = bucketsOf(features, rows, known);
  const gainWords = quantised(solve(buckets, gain.rest, weights));
  const weakWords = quantised(solve(buckets, weak.rest, weights));
  const words = new Int8Array(gainWords.values.length * 2);
  for (let i = 0; i < gainWords.values.length; i++) {
    words[2 * i] = gainWords.values[i]!;
    words[2 * i + 1] = weakWords.values[i]!;
  }
  const forest = growForest(
    { features, rows, gains: gain.rest, weaks: weak.rest, weights, sources: lesson.sources },
    trees,
  );
  const parameters: Parameters = {
    ...mix,
    forestScale: forest.scale,
    gainBase: gain.base,
    weakBase: weak.base,
    gainWordScale: gainWords.scale,
    weakWordScale: weakWords.scale,
  };
  return { forest, known, words, length: lengthCurve, parameters };
}

export interface Predictions {
  readonly gain: Float64Array;
  readonly weak: Float64Array;
  readonly novelty: Float64Array;
}

/** By the classifier's own code, uncalibrated. */
export function predict(model: Model, features: Features, rows: Int32Array): Predictions {
  const [gain, weak, novelty] = [0, 0, 0].map(() => new Float64Array(rows.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const sums = new Float64Array(3);
  const words = { gain: 0, weak: 0, novelty: 0 };
  const raw: Raw = { gain: 0, weak: 0, novelty: 0, strangeness: 0 };
  const length = new Curve(model.length.xs, model.length.ys);
  for (const [i, row] of rows.entries()) {
    const [from, to] = [features.starts[row]!, features.starts[row + 1]!];
    sumForest(model.forest, features.dense.subarray(row * denseCount, (row + 1) * denseCount), sums);
    sumWords(model, features.grams.subarray(from, to), to - from, words);
    combine({ parameters: model.parameters, length }, sums, words, features.chars[row]!, raw);
    gain[i] = raw.gain;
    weak[i] = raw.weak;
    novelty[i] = raw.novelty;
  }
  return { gain, weak, novelty };
}

export const allRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
export const rowsWhere = (count: number, test: (row: number) => boolean): Int32Array => allRows(count).filter(test);
