/** Linear weights of words: least squares with a penalty, solved by conjugate gradients. */
import type { Features } from "./extract.ts";

/** n-grams of fewer items than this say more of the item than of the language. */
const fewest = 3;
export const knownBits = 20;
export const wordBits = 15;
const penalty = 10;
const steps = 40;

/** One bit for each n-gram that enough of the items have. */
export function knownOf({ grams, starts }: Features, rows: Int32Array): Uint8Array {
  let total = 0;
  for (const row of rows) total += starts[row + 1]! - starts[row]!;
  const all = new Int32Array(total);
  let at = 0;
  for (const row of rows) {
    all.set(grams.subarray(starts[row]!, starts[row + 1]!), at);
    at += starts[row + 1]! - starts[row]!;
  }
  all.sort();
  const known = new Uint8Array(2 ** knownBits / 8);
  for (let from = 0; from < total; ) {
    let to = from + 1;
    while (to < total && all[to] === all[from]) to++;
    if (to - from >= fewest) {
      const bit = all[from]! >>> (32 - knownBits);
      known[bit >>> 3]! |= 1 << (bit & 7);
    }
    from = to;
  }
  return known;
}

/** The buckets of each row's known n-grams, as the classifier looks them up. */
export interface Buckets {
  readonly starts: Int32Array;
  readonly buckets: Uint16Array;
  /** What each n-gram of the row counts. */
  readonly values: Float64Array;
}

export function bucketsOf({ grams, starts }: Features, rows: Int32Array, known: Uint8Array): Buckets {
  const into = new Int32Array(rows.length + 1);
  const buckets = new Uint16Array(grams.length);
  const values = new Float64Array(rows.length);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const [from, to] = [starts[row]!, starts[row + 1]!];
    for (let k = from; k < to; k++) {
      const hash = grams[k]!;
      const bit = hash >>> (32 - knownBits);
      if (((known[bit >>> 3]! >>> (bit & 7)) & 1) === 1) buckets[at++] = hash & (2 ** wordBits - 1);
    }
    values[i] = to > from ? 1 / Math.sqrt(to - from) : 0;
    into[i + 1] = at;
  }
  return { starts: into, buckets: buckets.slice(0, at), values };
}

/** (Aᵀ W A + penalty) x */
function applied({ starts, buckets, values }: Buckets, weights: Float64Array, x: Float64Array): Float64Array {
  const result = x.map((value) => value * penalty);
  for (let row = 0; row < values.length; row++) {
    const [from, to] = [starts[row]!, starts[row + 1]!];
    let sum = 0;
    for (let k = from; k < to; k++) sum += x[buckets[k]!]!;
    const back = sum * values[row]! * values[row]! * weights[row]!;
    for (let k = from; k < to; k++) result[buckets[k]!]! += back;
  }
  return result;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Weights of the buckets that explain `targets`, whose mean should be 0. */
export function solve(rows: Buckets, targets: Float64Array, weights: Float64Array): Float64Array {
  const size = 2 ** wordBits;
  const x = new Float64Array(size);
  const residual = new Float64Array(size);
  for (let row = 0; row < targets.length; row++) {
    const value = targets[row]! * weights[row]! * rows.values[row]!;
    for (let k = rows.starts[row]!; k < rows.starts[row + 1]!; k++) residual[rows.buckets[k]!]! += value;
  }
  let direction = residual.slice();
  let size2 = dot(residual, residual);
  for (let step = 0; step < steps && size2 > 1e-12; step++) {
    const next = applied(rows, weights, direction);
    const length = size2 / dot(direction, next);
    for (let i = 0; i < size; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * next[i]!;
    }
    const was = size2;
    size2 = dot(residual, residual);
    const keep = size2 / was;
    direction = direction.map((value, i) => residual[i]! + keep * value);
  }
  return x;
}

/** As whole numbers from -127 to 127; a few outliers are cut off, so that the others keep their difference. */
export function quantised(x: Float64Array): { readonly scale: number; readonly values: Int8Array } {
  const sorted = x.map((value) => Math.abs(value)).sort();
  const scale = Math.fround(Math.max(sorted[Math.floor(sorted.length * 0.9995)]!, 1e-9) / 127);
  return { scale, values: Int8Array.from(x, (value) => Math.max(-127, Math.min(127, Math.round(value / scale)))) };
}
