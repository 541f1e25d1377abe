import assert from "node:assert/strict";
import fc from "fast-check";
import { estimateUsage } from "../../server/logic/usage/estimate.ts";
import { costNanos } from "../../server/logic/usage/price.ts";
import type { Usage } from "../../server/protocol/trace.ts";

const prices = { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15, reasoning: 15 };
const usage = (u: Partial<Usage>): Usage => ({
  input: 0,
  cachedInput: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  source: "provider",
  ...u,
});

describe("the price of a usage", () => {
  it("is the contract's example to the nano-dollar", () => {
    assert.equal(costNanos(usage({ input: 57, cachedInput: 32, output: 32, reasoning: 8 }), prices), 564_600);
  });

  it("counts cached and written input as part of the input, reasoning as part of the output", () => {
    assert.equal(
      costNanos(usage({ input: 100, cachedInput: 60, cacheWrite: 30 }), prices),
      60 * 300 + 30 * 3_750 + 10 * 3_000,
    );
    assert.equal(costNanos(usage({ output: 10, reasoning: 4 }), { ...prices, reasoning: 20 }), 6 * 15_000 + 4 * 20_000);
  });

  it("is unknown, never 0, where the prices are", () => {
    assert.equal(costNanos(usage({ input: 5 }), null), null);
  });

  it("keeps cheap tokens, which cost less than a micro-dollar", () => {
    assert.equal(costNanos(usage({ input: 1 }), { ...prices, input: 0.02 }), 20);
  });

  it("is a whole number, never negative, and never more than without a cache, whatever is counted", () => {
    const count = fc.nat(10_000_000);
    fc.assert(
      fc.property(count, count, count, count, (input, cachedInput, output, reasoning) => {
        const cost = costNanos(usage({ input, cachedInput, output, reasoning }), prices)!;
        assert.ok(Number.isSafeInteger(cost) && cost >= 0);
        assert.ok(cost <= costNanos(usage({ input, output }), prices)!);
      }),
    );
  });
});

describe("an estimate of a usage", () => {
  it("says that it is one", () => {
    assert.equal(estimateUsage(400, 28).source, "estimate");
    assert.deepEqual([estimateUsage(401, 28).input, estimateUsage(401, 28).output], [101, 7]);
  });
});
