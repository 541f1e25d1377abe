/** Curves from rankings to probabilities. */
import type { Points } from "../../server/logic/routing/classifier/weights.ts";
import { mean } from "./data.ts";

export const points = 24;

/** Never falling means of neighbours: pools those that are in the wrong order. */
function monotone(values: readonly number[]): number[] {
  const blocks: { sum: number; n: number }[] = [];
  for (const value of values) {
    blocks.push({ sum: value, n: 1 });
    while (blocks.length > 1) {
      const [before, last] = [blocks[blocks.length - 2]!, blocks[blocks.length - 1]!];
      if (before.sum / before.n < last.sum / last.n) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, n: before.n + last.n });
    }
  }
  return blocks.flatMap(({ sum, n }) => Array<number>(n).fill(sum / n));
}

/** How much a curve rises at least for each unit of the ranking, so that no two ranks become one. */
const leastRise = 0.01;

/** The mean outcome for each part of the ranking, rising everywhere. */
export function calibrated(ranking: Float64Array, outcomes: Float64Array): Points {
  const order = Int32Array.from(ranking.keys()).sort((a, b) => ranking[a]! - ranking[b]! || a - b);
  const groups = points - 2;
  const xs: number[] = [];
  const ys: number[] = [];
  for (let group = 0; group < groups; group++) {
    const members = order.subarray((group * order.length) / groups, ((group + 1) * order.length) / groups);
    xs.push(mean(Array.from(members, (i) => ranking[i]!)));
    ys.push(mean(Array.from(members, (i) => outcomes[i]!)));
  }
  const level = monotone(ys);
  // Beyond the outermost groups the curve goes on, so that extremes keep their order.
  const far = 1;
  xs.unshift(xs[0]! - far);
  level.unshift(Math.max(level[0]! - leastRise * far, 0.001));
  xs.push(xs[groups]! + far);
  level.push(level[groups]!);
  for (let i = 1; i < points; i++) {
    const least = level[i - 1]! + leastRise * (xs[i]! - xs[i - 1]!);
    if (level[i]! < least) level[i] = least;
  }
  return { xs: Float32Array.from(xs), ys: Float32Array.from(level) };
}

/** 8, 12, 16, 24, 32 … characters. */
const lengths = Array.from({ length: points }, (_, i) => 2 ** (3 + (i >> 1)) * (i % 2 === 0 ? 1 : 1.5));

const stepsTo = (chars: number): number => {
  const next = lengths.findIndex((length) => length > chars);
  if (next === 0) return 0;
  if (next < 0) return points - 1;
  const from = lengths[next - 1]!;
  return next - 1 + (chars - from) / (lengths[next]! - from);
};

const short = stepsTo(30);
const long = stepsTo(2500);

/** How long a text is, by the logarithm of its characters: 0 at 30, 1 at 2,500, and on beyond them. */
export const lengthCurve: Points = {
  xs: Float32Array.from(lengths),
  ys: Float32Array.from(lengths, (_, i) => Math.min((i - short) / (long - short), 1.2)),
};
