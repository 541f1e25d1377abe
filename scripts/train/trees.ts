/** Boosted trees over the dense features, for the gain and the weak model's chance at once. */
import { denseCount } from "../../server/logic/routing/classifier/dense.ts";
import { densityUnit, type Forest, leafValues, treeDepth } from "../../server/logic/routing/classifier/forest.ts";
import { randomOf } from "./data.ts";
import type { Features } from "./extract.ts";

export interface TreeOptions {
  readonly trees: number;
  readonly depth: number;
  readonly rate: number;
  /** What pulls a leaf to nothing: so many items without an effect. */
  readonly calm: number;
  readonly featureShare: number;
  readonly rowShare: number;
  /** How much the weak model's chance counts when a question is chosen. */
  readonly weakWeight: number;
  readonly seed: number;
}

export const treeOptions: TreeOptions = {
  trees: 112,
  depth: treeDepth,
  rate: 0.11,
  calm: 30,
  featureShare: 0.4,
  rowShare: 0.7,
  weakWeight: 0.3,
  seed: 7,
};

const mostBins = 32;

interface Binned {
  readonly thresholds: readonly (readonly number[])[];
  /** One after the other: the bins of all rows for each feature. */
  readonly bins: Uint8Array;
}

/** Thresholds at quantiles of each feature, all between values that occur. */
function binned({ dense }: Features, rows: Int32Array): Binned {
  const thresholds: number[][] = [];
  const bins = new Uint8Array(denseCount * rows.length);
  const column = new Int32Array(rows.length);
  for (let feature = 0; feature < denseCount; feature++) {
    for (let i = 0; i < rows.length; i++) column[i] = dense[rows[i]! * denseCount + feature]!;
    const sorted = column.slice().sort();
    const cuts: number[] = [];
    for (let k = 1; k < mostBins; k++) {
      const cut = sorted[Math.floor((k * sorted.length) / mostBins)]!;
      // Rare features are 0 nearly everywhere; their first cut parts what has it from what hasn't.
      const value = cut === sorted[0] ? cut : cut - 1;
      if (value < sorted[sorted.length - 1]! && (cuts.length === 0 || value > cuts[cuts.length - 1]!)) cuts.push(value);
    }
    if (cuts.length === 0 && sorted[0]! < sorted[sorted.length - 1]!) cuts.push(sorted[0]!);
    thresholds.push(cuts);
    for (let i = 0; i < rows.length; i++) {
      let bin = 0;
      while (bin < cuts.length && column[i]! > cuts[bin]!) bin++;
      bins[feature * rows.length + i] = bin;
    }
  }
  return { thresholds, bins };
}

const channels = 3;

/** How much better a cut of one feature explains what is left, and where that cut is. */
function bestCut(sums: Float64Array, leaves: number, cuts: number, o: TreeOptions): { score: number; cut: number } {
  const best = { score: -1, cut: -1 };
  const scores = new Float64Array(cuts);
  for (let leaf = 0; leaf < leaves; leaf++) {
    const base = leaf * mostBins * channels;
    let [weight, gain, weak] = [0, 0, 0];
    for (let bin = 0; bin <= cuts; bin++) {
      weight += sums[base + bin * channels]!;
      gain += sums[base + bin * channels + 1]!;
      weak += sums[base + bin * channels + 2]!;
    }
    let [w, g, k] = [0, 0, 0];
    for (let cut = 0; cut < cuts; cut++) {
      w += sums[base + cut * channels]!;
      g += sums[base + cut * channels + 1]!;
      k += sums[base + cut * channels + 2]!;
      const [w2, g2, k2] = [weight - w, gain - g, weak - k];
      scores[cut]! +=
        (g * g + o.weakWeight * k * k) / (w + o.calm) + (g2 * g2 + o.weakWeight * k2 * k2) / (w2 + o.calm);
    }
  }
  for (let cut = 0; cut < cuts; cut++)
    if (scores[cut]! > best.score) {
      best.score = scores[cut]!;
      best.cut = cut;
    }
  return best;
}

/** What trees are grown from; all but `features` and `sources` hold one value for each of `rows`. */
export interface Soil {
  readonly features: Features;
  readonly rows: Int32Array;
  /** What the trees shall explain; their means are 0. */
  readonly gains: Float64Array;
  readonly weaks: Float64Array;
  readonly weights: Float64Array;
  readonly sources: readonly string[];
}

/** The logarithm to base 2, straight between powers of two: the same on every machine. */
function logarithm(value: number): number {
  let power = 0;
  let rest = value;
  for (; rest < 1; rest *= 2) power--;
  return power + rest - 1;
}

/** How much of the training falls into each leaf; sources count n^-0.5 for an item, so that small ones are seen. */
function densities(leaves: Uint8Array, weights: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < leaves.length; i++) {
    sums[leaves[i]!]! += weights[i]!;
    total += weights[i]!;
  }
  return sums.map((sum) => logarithm((sum + 0.05) / (total + 0.1)));
}

function evenWeights(rows: Int32Array, sources: readonly string[]): Float64Array {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(sources[row]!, (counts.get(sources[row]!) ?? 0) + 1);
  return Float64Array.from(rows, (row) => 1 / Math.sqrt(counts.get(sources[row]!)!));
}

export function growForest(soil: Soil, o: TreeOptions = treeOptions): Forest {
  const { features, rows, gains, weaks, weights } = soil;
  const even = evenWeights(rows, soil.sources);
  const n = rows.length;
  const { thresholds, bins } = binned(features, rows);
  const random = randomOf(o.seed);
  const gainLeft = gains.slice();
  const weakLeft = weaks.slice();
  const size = 1 << o.depth;
  const sums = new Float64Array(size * mostBins * channels);
  const leafOf = new Uint8Array(n);
  const chosenFeatures = new Uint8Array(o.trees * o.depth);
  const chosenThresholds = new Int32Array(o.trees * o.depth);
  const values = new Float64Array(o.trees * size * 2);
  const dense = new Float64Array(o.trees * size);
  for (let tree = 0; tree < o.trees; tree++) {
    const sample: number[] = [];
    for (let i = 0; i < n; i++) if (random() < o.rowShare) sample.push(i);
    const picked = Int32Array.from(sample);
    const candidates: number[] = [];
    for (let feature = 0; feature < denseCount; feature++)
      if (thresholds[feature]!.length > 0 && random() < o.featureShare) candidates.push(feature);
    leafOf.fill(0);
    for (let level = 0; level < o.depth; level++) {
      let [feature, cut, score] = [candidates[0] ?? 0, 0, -1];
      for (const candidate of candidates) {
        sums.fill(0, 0, (1 << level) * mostBins * channels);
        const column = candidate * n;
        for (let p = 0; p < picked.length; p++) {
          const i = picked[p]!;
          const at = (leafOf[i]! * mostBins + bins[column + i]!) * channels;
          const weight = weights[i]!;
          sums[at]! += weight;
          sums[at + 1]! += weight * gainLeft[i]!;
          sums[at + 2]! += weight * weakLeft[i]!;
        }
        const best = bestCut(sums, 1 << level, thresholds[candidate]!.length, o);
        if (best.score > score) [feature, cut, score] = [candidate, best.cut, best.score];
      }
      chosenFeatures[tree * o.depth + level] = feature;
      chosenThresholds[tree * o.depth + level] = thresholds[feature]![cut]!;
      const column = feature * n;
      for (let i = 0; i < n; i++) leafOf[i] = (leafOf[i]! << 1) | (bins[column + i]! > cut ? 1 : 0);
    }
    dense.set(densities(leafOf, even, size), tree * size);
    const totals = new Float64Array(size * channels);
    for (let p = 0; p < picked.length; p++) {
      const i = picked[p]!;
      const at = leafOf[i]! * channels;
      totals[at]! += weights[i]!;
      totals[at + 1]! += weights[i]! * gainLeft[i]!;
      totals[at + 2]! += weights[i]! * weakLeft[i]!;
    }
    for (let leaf = 0; leaf < size; leaf++) {
      const weight = totals[leaf * channels]! + o.calm;
      values[(tree * size + leaf) * 2] = (o.rate * totals[leaf * channels + 1]!) / weight;
      values[(tree * size + leaf) * 2 + 1] = (o.rate * totals[leaf * channels + 2]!) / weight;
    }
    for (let i = 0; i < n; i++) {
      gainLeft[i]! -= values[(tree * size + leafOf[i]!) * 2]!;
      weakLeft[i]! -= values[(tree * size + leafOf[i]!) * 2 + 1]!;
    }
  }
  let largest = 1e-9;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(largest / 32767);
  return {
    depth: o.depth,
    trees: o.trees,
    features: chosenFeatures,
    thresholds: chosenThresholds,
    leaves: Int16Array.from({ length: dense.length * leafValues }, (_, i) => {
      const leaf = Math.floor(i / leafValues);
      const channel = i % leafValues;
      return Math.round(channel === 2 ? dense[leaf]! / densityUnit : values[leaf * 2 + channel]! / scale);
    }),
    scale,
  };
}
