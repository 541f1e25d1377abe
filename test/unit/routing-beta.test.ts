import assert from "node:assert/strict";
import fc from "fast-check";
import { betaQuantiles } from "../../server/logic/routing/beta.ts";

describe("quantiles of a Beta distribution", () => {
  const parameter = fc.double({ min: 1, max: 400, noNaN: true });
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

  it("have its mean and its variance", () => {
    fc.assert(
      fc.property(parameter, parameter, (a, b) => {
        const q = betaQuantiles(a, b, 512);
        const m = mean(q);
        const variance = mean(q.map((x) => (x - m) ** 2));
        const [trueMean, trueVariance] = [a / (a + b), (a * b) / ((a + b) ** 2 * (a + b + 1))];
        assert.ok(Math.abs(m - trueMean) < 0.002, `mean ${m} of ${trueMean}`);
        // The outermost parts of the tails lie between two quantiles.
        assert.ok(Math.abs(Math.sqrt(variance) - Math.sqrt(trueVariance)) < 0.003, `${variance} of ${trueVariance}`);
      }),
      { numRuns: 200 },
    );
  });

  it("rise, and stay between 0 and 1, whatever the distribution", () => {
    const any = fc.double({ min: 0.01, max: 5_000, noNaN: true });
    fc.assert(
      fc.property(any, any, fc.integer({ min: 1, max: 200 }), (a, b, n) => {
        const q = betaQuantiles(a, b, n);
        assert.equal(q.length, n);
        for (let i = 0; i < n; i++) assert.ok(q[i]! >= (i === 0 ? 0 : q[i - 1]!) && q[i]! <= 1, `${q[i]} at ${i}`);
      }),
    );
  });

  it("of the uniform one are evenly spread", () => {
    assert.deepEqual(
      [...betaQuantiles(1, 1, 4)].map((x) => Number(x.toFixed(6))),
      [0.125, 0.375, 0.625, 0.875],
    );
  });
});
