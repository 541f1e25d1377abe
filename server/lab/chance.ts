/** Numbers that look like chance and are the same in each run (mulberry32): 0 ≤ n < 1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Above this mean a Poisson distribution is drawn as the normal one that it nearly is. */
const normalFrom = 30;

/** A draw from the Poisson distribution. */
export function poisson(mean: number, random: () => number): number {
  if (mean >= normalFrom) {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + z * Math.sqrt(mean)));
  }
  const enough = Math.exp(-mean);
  let n = 0;
  for (let p = random(); p > enough; p *= random()) n++;
  return n;
}
