import { chance } from "../../server/kit/chance.ts";

/** From 2.5 to 97.5 %; null: it is defined in too few resamples to tell. */
export type Interval = readonly [number, number] | null;

/** Draws groups with replacement: how often each item comes in each resample. The same for the same seed. */
export function drawsOf(groups: readonly string[], resamples: number, seed: number) {
  const members = [...Map.groupBy(groups.keys(), (i) => groups[i]!).values()];
  const random = chance(seed);
  const counts = Array.from({ length: resamples }, () => {
    const times = new Uint16Array(groups.length);
    for (let i = 0; i < members.length; i++)
      for (const item of members[Math.floor(random() * members.length)]!) times[item]!++;
    return times;
  });
  return { groups: members.length, counts };
}

export function intervalOf(values: readonly number[]): Interval {
  const s = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  if (s.length < values.length / 2 || s.length < 20) return null;
  const at = (q: number): number => s[Math.round((s.length - 1) * q)]!;
  return [at(0.025), at(0.975)];
}
