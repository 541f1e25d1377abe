import assert from "node:assert/strict";
import { type Policy, regrets } from "../support/simulated/simulate.ts";
import { type User, users } from "../support/simulated/users.ts";

/** The proof with intervals and more seeds is `npm run bench -- learner`. */
describe("the learner with simulated users", () => {
  const seeds = [301, 302, 303];
  const [early, interactions] = [200, 600];
  const named = (name: string): User => users.find((u) => u.name === name)!;
  const runs = new Map<string, readonly number[][]>();
  const runsOf = (user: User, policy: Policy): readonly number[][] => {
    const key = `${user.name} ${policy}`;
    const found = runs.get(key) ?? seeds.map((seed) => [...regrets(user, policy, seed, interactions)]);
    runs.set(key, found);
    return found;
  };
  /** The mean regret of an interaction, from `from` up to `to`. */
  const regret = (user: User, policy: Policy, from: number, to: number): number =>
    runsOf(user, policy)
      .flatMap((run) => run.slice(from, to))
      .reduce((a, b) => a + b, 0) /
    (seeds.length * (to - from));

  it("loses less than the policy without it and than any one model, where the classifier misjudges a model", () => {
    const user = named("bad-at-code");
    const own = regret(user, "learner", early, interactions);
    assert.ok(own < 0.85 * regret(user, "no-learner", early, interactions));
    for (const model of user.models) assert.ok(own < 0.9 * regret(user, model, early, interactions), model);
    assert.ok(regret(user, "learner", 0, early) < 1.02 * regret(user, "no-learner", 0, early));
  });

  it("does no harm to speak of where the classifier is right, however strict people are", () => {
    for (const name of ["as-expected", "strict"]) {
      const user = named(name);
      /** Of quality, an interaction. Fixed policies lose 0.08 and more. */
      const harm = (from: number, to: number): number =>
        regret(user, "learner", from, to) - regret(user, "no-learner", from, to);
      assert.ok(harm(0, early) < 0.002, `${name}: ${harm(0, early)}`);
      assert.ok(harm(early, interactions) < 0.003, `${name}: ${harm(early, interactions)}`);
    }
  });

  it("is deterministic", () => {
    const user = named("bad-at-code");
    assert.deepEqual(regrets(user, "learner", 7, 150), regrets(user, "learner", 7, 150));
  });
});
