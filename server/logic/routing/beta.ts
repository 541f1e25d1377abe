/** Places at which the density is summed up. */
const cells = 256;

/**
 * `n` quantiles of Beta(a, b), at (i + ½) / n: a draw among them is a draw from the distribution, to a fineness of 1 / n. The
 * density is summed over cells and read back linearly; a and b above 0.
 */
export function betaQuantiles(a: number, b: number, n: number): Float64Array {
  const cumulated = new Float64Array(cells + 1);
  // In logarithms, from its largest value: a density of many answers is narrow and high.
  const log = (x: number): number => (a - 1) * Math.log(x) + (b - 1) * Math.log(1 - x);
  let most = -Infinity;
  for (let i = 0; i < cells; i++) most = Math.max(most, log((i + 0.5) / cells));
  for (let i = 0; i < cells; i++) cumulated[i + 1] = cumulated[i]! + Math.exp(log((i + 0.5) / cells) - most);
  const total = cumulated[cells]!;
  const quantiles = new Float64Array(n);
  let cell = 0;
  for (let i = 0; i < n; i++) {
    const want = ((i + 0.5) / n) * total;
    while (cumulated[cell + 1]! < want) cell++;
    const inside = (want - cumulated[cell]!) / (cumulated[cell + 1]! - cumulated[cell]!);
    quantiles[i] = (cell + inside) / cells;
  }
  return quantiles;
}
