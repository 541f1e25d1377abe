import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Policy, policiesOf, regrets } from "../support/simulated/simulate.ts";
import { type User, users } from "../support/simulated/users.ts";
import { picture, type Series } from "./learner-picture.ts";
import { type Bench, type Row, row } from "./row.ts";

/** The learner's constants were chosen on the seeds 1 to 16: these are others. */
const seeds = Array.from({ length: 16 }, (_, i) => 3001 + i);
const interactions = 1_000;
/** What comes before may do no harm, what comes after must be better. */
const early = 200;

/** By policy, the regrets of each seed. */
type Runs = ReadonlyMap<Policy, readonly Float64Array[]>;

/** Regret of a hundred interactions, by seed, in a part of them. */
const per100 = (runs: readonly Float64Array[], from: number, to: number): number[] =>
  runs.map((r) => (r.subarray(from, to).reduce((a, b) => a + b, 0) / (to - from)) * 100);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Half the width of the interval that holds the mean with 95 %: Student's t of 15 degrees of freedom. */
function interval(values: readonly number[]): number {
  const m = mean(values);
  const variance = values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1);
  return 2.131 * Math.sqrt(variance / values.length);
}

/** The model that it is best always to ask, which one only knows afterwards. */
const bestFixed = (user: User, runs: Runs, from: number, to: number): Policy =>
  user.models.reduce((a, b) => (mean(per100(runs.get(b)!, from, to)) < mean(per100(runs.get(a)!, from, to)) ? b : a));

function rowsOf(user: User, runs: Runs): Row[] {
  const part = (policy: Policy, from: number, to: number): number[] => per100(runs.get(policy)!, from, to);
  /** Seed by seed, what the learner loses more than the same policy without it. */
  const harm = (name: string, from: number, to: number): Row => {
    const without = part("no-learner", from, to);
    const more = part("learner", from, to).map((v, i) => v - without[i]!);
    const [m, chance] = [mean(more), interval(more)];
    const found = row(`${user.name}.harm-${name}`, "/100", more);
    return {
      ...found,
      value: Number(m.toFixed(3)),
      spread: 0,
      aim: `mean ≤ its interval, ${chance.toFixed(2)}`,
      met: m <= chance,
    };
  };
  const rows = [harm("first-200", 0, early)];
  if (!user.surprises) return [...rows, harm("after-200", early, interactions)];
  const own = part("learner", early, interactions);
  for (const name of ["no-learner", bestFixed(user, runs, early, interactions)] as const) {
    const baseline = { name, values: part(name, early, interactions) };
    rows.push(row(`${user.name}.after-200`, "/100", own, baseline, { of: "ratio", atMost: 1 }));
  }
  return rows;
}

/** All users together, since nobody knows beforehand who it is: against each policy that all of them could have. */
function togetherRows(all: ReadonlyMap<User, Runs>): Row[] {
  const sum = (policy: Policy): number[] =>
    seeds.map((_, i) => mean([...all.values()].map((runs) => per100(runs.get(policy)!, early, interactions)[i]!)));
  return (["no-learner", "small", "large"] as const).map((policy) =>
    row(
      "everybody.after-200",
      "/100",
      sum("learner"),
      { name: policy, values: sum(policy) },
      { of: "ratio", atMost: 1 },
    ),
  );
}

function table(all: ReadonlyMap<User, Runs>): void {
  const cell = (values: readonly number[]): string => `${mean(values).toFixed(2)} ±${interval(values).toFixed(2)}`;
  console.log(
    `  regret of 100 interactions, mean of ${seeds.length} seeds ± 95 % interval: the first ${early}, and after them`,
  );
  for (const [user, runs] of all) {
    console.log(`\n  ${user.name} (${user.strategy}): ${user.about}`);
    for (const [policy, r] of runs) {
      const [a, b] = [cell(per100(r, 0, early)), cell(per100(r, early, interactions))];
      console.log(`    ${policy.padEnd(14)}${a.padStart(14)}${b.padStart(14)}`);
    }
    const less = (from: number, to: number): string => {
      const without = per100(runs.get("no-learner")!, from, to);
      return cell(per100(runs.get("learner")!, from, to).map((v, i) => v - without[i]!));
    };
    const [a, b] = [less(0, early), less(early, interactions)];
    console.log(
      `    ${"difference".padEnd(14)}${a.padStart(14)}${b.padStart(14)}   learner less no-learner, seed by seed`,
    );
  }
  console.log("");
}

const seriesOf = (runs: Runs): Series[] =>
  [...runs].map(([name, of]) => {
    const sums = of.map(() => 0);
    const points = Array.from({ length: interactions }, (_, i) => {
      for (let k = 0; k < of.length; k++) sums[k]! += of[k]![i]!;
      return { mean: mean(sums), band: interval(sums) };
    });
    return { name, points: points.filter((_, i) => i % 10 === 9) };
  });

/** Simulated people with known preferences: what the policy with its learner loses against what would have been best for them. */
export const learner: Bench = {
  name: "learner",
  about: "regret of 100 interactions with simulated users, against the policy without its learner and fixed policies",
  run: async () => {
    const all = new Map<User, Runs>();
    for (const user of users)
      all.set(
        user,
        new Map(policiesOf(user).map((p) => [p, seeds.map((seed) => regrets(user, p, seed, interactions))])),
      );
    table(all);
    const folder = join(import.meta.dirname, "../../test-results");
    mkdirSync(folder, { recursive: true });
    const panels = [...all].map(([user, runs]) => ({ title: user.name, about: user.about, series: seriesOf(runs) }));
    writeFileSync(join(folder, "learner.svg"), picture(panels, { every: 10, marked: early }));
    console.log(`  test-results/learner.svg shows it.\n`);
    return [...[...all].flatMap(([user, runs]) => rowsOf(user, runs)), ...togetherRows(all)];
  },
};
