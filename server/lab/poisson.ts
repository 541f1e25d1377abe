import { normal } from "../kit/chance.ts";

/** Above this mean a Poisson distribution is drawn as the normal one that it nearly is. */
const normalFrom = 30;

/** A draw from the Poisson distribution. */
export function poisson(mean: number, random: () => number): number {
  if (mean >= normalFrom) return Math.max(0, Math.round(mean + normal(random) * Math.sqrt(mean)));
  const enough = Math.exp(-mean);
  let n = 0;
  for (let p = random(); p > enough; p *= random()) n++;
  return n;
}
