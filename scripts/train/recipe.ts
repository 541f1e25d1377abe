/**
 * The known recipe, to be compared with: logistic regression over hashed words and pairs (2^15 buckets, each 1/√n) and thirty
 * numbers of a text's structure, with tables for each type of text beside the shared ones; L2 with C = 0.03, sources weighted
 * by n^-0.25, labels half own outcome and half pool. Two heads; the score is the difference of their probabilities.
 */
import { denseCount, denseNames } from "../../server/logic/routing/classifier/dense.ts";
import type { Features } from "./extract.ts";

const buckets = 2 ** 15;
const types = 4;
/** The first places of the dense vector: lengths, shares, counts of lines, numbers, options. */
const numbers = 30;
const wordsAt = { shared: 0, typed: buckets };
const numbersAt = 2 * buckets;
const size = numbersAt + numbers * (1 + types) + 1;
const penalty = 1 / 0.03;
const steps = 120;

interface Rows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

const place = (name: string): number => denseNames.indexOf(name);
const [options, fences, digits, keywords] = ["options", "fences", "digitShare", "share keyword"].map(place) as [
  number,
  number,
  number,
  number,
];

/** Multiple choice, code, mathematics, prose. */
function typeOf(dense: Int32Array): number {
  if (dense[options]! >= 3) return 0;
  if (dense[fences]! > 0 || dense[keywords]! > 150) return 1;
  return dense[digits]! > 25 ? 2 : 3;
}

function rowsOf({ count, dense, grams, starts }: Features): Rows {
  const into = new Int32Array(count + 1);
  const columns: number[] = [];
  const values: number[] = [];
  const put = (column: number, value: number): void => {
    columns.push(column);
    values.push(value);
  };
  for (let row = 0; row < count; row++) {
    const own = dense.subarray(row * denseCount, (row + 1) * denseCount);
    const type = typeOf(own);
    const [from, to] = [starts[row]!, starts[row + 1]!];
    const each = to > from ? 1 / Math.sqrt(to - from) : 0;
    for (let k = from; k < to; k++) {
      put(wordsAt.shared + (grams[k]! & (buckets - 1)), each);
      put(wordsAt.typed + (Math.imul(grams[k]! ^ (type + 1), 0x2c1b3c6d) >>> 17), each);
    }
    for (let i = 0; i < numbers; i++) {
      const value = Math.log1p(Math.max(0, own[i]!)) / 5;
      put(numbersAt + i, value);
      put(numbersAt + numbers * (1 + type) + i, value);
    }
    put(size - 1, 1);
    into[row + 1] = columns.length;
  }
  return { starts: into, columns: Int32Array.from(columns), values: Float64Array.from(values) };
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

function says({ starts, columns, values }: Rows, x: Float64Array, row: number): number {
  let z = 0;
  for (let k = starts[row]!; k < starts[row + 1]!; k++) z += x[columns[k]!]! * values[k]!;
  return z;
}

/** By gradient descent with momentum (Nesterov), each column at its own pace. */
function fitted(rows: Rows, count: number, labels: Float64Array, weights: Float64Array): Float64Array {
  const curvature = new Float64Array(size).fill(penalty);
  for (let row = 0; row < count; row++) {
    let all = 0;
    for (let k = rows.starts[row]!; k < rows.starts[row + 1]!; k++) all += Math.abs(rows.values[k]!);
    for (let k = rows.starts[row]!; k < rows.starts[row + 1]!; k++)
      curvature[rows.columns[k]!]! += 0.25 * weights[row]! * Math.abs(rows.values[k]!) * all;
  }
  let x = new Float64Array(size);
  let ahead = x.slice();
  for (let step = 1; step <= steps; step++) {
    const gradient = ahead.map((value, i) => (i === size - 1 ? 0 : penalty * value));
    for (let row = 0; row < count; row++) {
      const error = weights[row]! * (sigmoid(says(rows, ahead, row)) - labels[row]!);
      for (let k = rows.starts[row]!; k < rows.starts[row + 1]!; k++)
        gradient[rows.columns[k]!]! += error * rows.values[k]!;
    }
    const next = ahead.map((value, i) => value - gradient[i]! / curvature[i]!);
    const momentum = (step - 1) / (step + 2);
    ahead = next.map((value, i) => value + momentum * (value - x[i]!));
    x = next;
  }
  return x;
}

export interface Heads {
  readonly weak: Float64Array;
  readonly strong: Float64Array;
  readonly weights: Float64Array;
}

/** Learned from the first items, as many as there are labels; the score of each of the others. */
export function byRecipe(features: Features, { weak, strong, weights }: Heads): Float64Array {
  const rows = rowsOf(features);
  const heads = [strong, weak].map((labels) => fitted(rows, labels.length, labels, weights)) as [
    Float64Array,
    Float64Array,
  ];
  return Float64Array.from({ length: features.count - weak.length }, (_, i) => {
    const [s, w] = heads.map((x) => sigmoid(says(rows, x, weak.length + i))) as [number, number];
    return s - w;
  });
}
