/** Trees that ask the same question on each level: which leaf is reached is a number made of the answers' bits. */
export interface Forest {
  readonly depth: number;
  readonly trees: number;
  /** For each tree and level: the place in the dense vector, and the value that it must exceed. */
  readonly features: Uint8Array;
  readonly thresholds: Int32Array;
  /**
   * For each tree and leaf: what it adds to the gain and to the weak model's chance, in units of `scale`, and how dense
   * training was there, as a logarithm in units of `densityUnit`.
   */
  readonly leaves: Int16Array;
  readonly scale: number;
}

/** Questions that each tree asks: `sumForest` has a line for each. */
export const treeDepth = 5;
export const densityUnit = 1 / 64;
export const leafValues = 3;
/** Only the first trees tell the density: their cuts part the texts evenly, later ones cut off corners. */
const densityTrees = 64;

/** Of the leaves that `dense` reaches: the sums of gain and weak, and the mean of the density. */
export function sumForest(forest: Forest, dense: Int32Array, into: Float64Array): void {
  const { trees, features: f, thresholds, leaves, scale } = forest;
  let gain = 0;
  let weak = 0;
  let density = 0;
  // Spelled out, it takes half the time of a loop over the levels. A sign bit instead of a branch, which the processor could
  // not foresee: all values are below 2^30.
  for (let tree = 0, at = 0; tree < trees; tree++, at += treeDepth) {
    const leaf =
      (((thresholds[at]! - dense[f[at]!]!) >>> 31) << 4) |
      (((thresholds[at + 1]! - dense[f[at + 1]!]!) >>> 31) << 3) |
      (((thresholds[at + 2]! - dense[f[at + 2]!]!) >>> 31) << 2) |
      (((thresholds[at + 3]! - dense[f[at + 3]!]!) >>> 31) << 1) |
      ((thresholds[at + 4]! - dense[f[at + 4]!]!) >>> 31);
    const place = ((tree << treeDepth) + leaf) * leafValues;
    gain += leaves[place]!;
    weak += leaves[place + 1]!;
    if (tree < densityTrees) density += leaves[place + 2]!;
  }
  into[0] = gain * scale;
  into[1] = weak * scale;
  into[2] = trees > 0 ? (density * densityUnit) / Math.min(trees, densityTrees) : 0;
}
