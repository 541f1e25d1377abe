import assert from "node:assert/strict";
import { faultKinds } from "../support/faults/kinds.ts";
import { type Outcome, runFaults } from "../support/faults/run.ts";
import { linesOf, printed } from "../support/faults/table.ts";
import { tlsFaults } from "../support/faults/traffic.ts";

const names = [...faultKinds.map((k) => k.name), ...Object.values(tlsFaults)];

for (const [what, early] of [
  ["1,500 requests of which every fifth call goes wrong", false],
  ["1,500 such requests of which much is begun early or twice", true],
] as const)
  describe(what, function () {
    this.timeout(90_000);
    let outcome: Outcome;
    before(async () => {
      outcome = await runFaults({ requests: 1_500, atOnce: 64, share: 0.2, seed: 1, early });
    });

    const guilty = (sin: string): string[] =>
      outcome.fates.flatMap((f) =>
        f.sins.filter((s) => s.sin === sin).map((s) => `${f.n} (${f.fault ?? "no fault"}, ${f.as}): ${s.what}`),
      );
    const never = (what: string, sin: string) =>
      it(what, () => assert.deepEqual(guilty(sin).slice(0, 5), [], `${guilty(sin).length} times`));

    never("none hangs", "hung");
    never("none gets text that is doubled, lost, in another order or another's", "text");
    never("none is called a success that is none", "false success");
    never("all get an answer or an error that can be read", "nonsense");
    never("each has exactly one trace", "not one trace");
    never("each trace says what its client and the upstreams saw", "untrue trace");
    it("nothing is left running, and the daemon has nothing to say", () => assert.deepEqual(outcome.besides, []));

    it("met every kind of fault, and most are answered all the same", () => {
      const table = linesOf(outcome.fates, names);
      const met = new Set(table.map((l) => l.fault));
      assert.deepEqual(
        names.filter((name) => !met.has(name)),
        [],
      );
      const all = table.at(-1)!;
      assert.ok(all.atOnce + all.rescued > 0.85 * all.requests, printed(table));
    });
  });
