/** Measures of a router, as RouteLLM defines them. */

/** Places in falling order of the scores. */
function ranked(scores: Float64Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** Share of the whole gain won when 0, 1, 2, … of the items, highest scores first, go to the strong model; ties are
 * taken in the mean of all orders. */
export function curveOf(scores: Float64Array, gains: Float64Array): Float64Array {
  const order = ranked(scores);
  const curve = new Float64Array(order.length + 1);
  let won = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let sum = 0;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) sum += gains[order[to++]!]!;
    for (let i = from; i < to; i++) curve[i + 1] = won + (sum * (i + 1 - from)) / (to - from);
    won += sum;
    from = to;
  }
  return curve.map((value) => value / won);
}

export function apgr(scores: Float64Array, gains: Float64Array): number {
  const curve = curveOf(scores, gains);
  let area = 0;
  for (let i = 1; i < curve.length; i++) area += (curve[i]! + curve[i - 1]!) / 2;
  return area / (curve.length - 1);
}

/** The least percentage of strong calls that wins `share` of the gain. */
export function cpt(scores: Float64Array, gains: Float64Array, share: number): number {
  const curve = curveOf(scores, gains);
  const at = curve.findIndex((value) => value >= share);
  return (100 * at) / (curve.length - 1);
}

/** How well the scores part items where the strong model is needed from the others. */
export function auc(scores: Float64Array, positive: Uint8Array): number {
  const order = ranked(scores);
  let [below, positives, area] = [0, 0, 0];
  for (let from = order.length - 1; from >= 0; ) {
    let [to, p, q] = [from, 0, 0];
    while (to >= 0 && scores[order[to]!] === scores[order[from]!]) positive[order[to--]!] === 1 ? p++ : q++;
    area += p * (below + q / 2);
    positives += p;
    below += q;
    from = to;
  }
  return area / (positives * below);
}

/** Mean distance between what was said and what came, over ten parts of equal size. */
export function ece(scores: Float64Array, outcomes: Float64Array): number {
  const order = ranked(scores);
  const parts = 10;
  let distance = 0;
  for (let part = 0; part < parts; part++) {
    const members = order.subarray((part * order.length) / parts, ((part + 1) * order.length) / parts);
    let difference = 0;
    for (const i of members) difference += scores[i]! - outcomes[i]!;
    distance += Math.abs(difference) / order.length;
  }
  return distance;
}

export interface Stratified {
  readonly plain: number;
  readonly weighted: number;
}

/** The mean of the APGR inside each source, plain and by number of items. */
export function stratified(scores: Float64Array, gains: Float64Array, sources: readonly string[]): Stratified {
  const names = [...new Set(sources)];
  let [plain, weighted] = [0, 0];
  for (const name of names) {
    const places = Int32Array.from(sources.keys()).filter((i) => sources[i] === name);
    const value = apgr(
      Float64Array.from(places, (i) => scores[i]!),
      Float64Array.from(places, (i) => gains[i]!),
    );
    plain += value / names.length;
    weighted += (value * places.length) / sources.length;
  }
  return { plain, weighted };
}
