import assert from "node:assert/strict";
import fc from "fast-check";
import { figuresOf } from "../../server/io/ledger/figures.ts";
import { pack, unpack } from "../../server/io/ledger/packed.ts";
import * as t from "../../server/protocol/trace.ts";

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });
const count = fc.nat();
const ms = fc.nat(1e9).map((micros) => micros / 1000);
const error = nullable(fc.record({ code: fc.string(), message: fc.string() }));
const usage = fc.record({
  input: count,
  cachedInput: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
  source: oneOf(["provider", "estimate"] as const),
});
const attempt = fc.record({
  model: fc.string(),
  provider: fc.string(),
  role: oneOf(t.roles),
  startMs: ms,
  firstTokenMs: nullable(ms),
  endMs: nullable(ms),
  outcome: nullable(oneOf(t.outcomes)),
  error,
  usage: nullable(usage),
  costNanos: nullable(count),
});
/** A probability to the four places that are kept. */
const chance = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000);
const iso = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((d) => d.toISOString());
const name = fc.constantFrom("a", "cheap-first", "B_2");
const trace: fc.Arbitrary<t.Trace> = fc.record(
  {
    id: fc.string(),
    startedAt: iso,
    surface: oneOf(t.surfaces),
    wire: oneOf(t.wires),
    kind: oneOf(t.kinds),
    stream: fc.boolean(),
    client: fc.string(),
    workspace: nullable(fc.string()),
    session: nullable(fc.string()),
    messages: count,
    chars: count,
    status: oneOf(t.statuses),
    error,
    finish: nullable(fc.string()),
    privacy: fc.record({ verdict: oneOf(t.verdicts), rule: fc.string() }),
    decision: nullable(
      fc.record({
        route: oneOf(t.routes),
        model: fc.string(),
        task: oneOf(t.tasks),
        difficulty: oneOf(t.difficulties),
        stage: oneOf(t.stages),
        score: ms,
        confidence: ms,
        reason: fc.string(),
        us: ms,
      }),
    ),
    spans: fc.array(fc.record({ name: oneOf(t.spanNames), startMs: ms, durationMs: ms, attempt: nullable(count) })),
    attempts: fc.array(attempt, { maxLength: 3 }),
    cache: oneOf(t.cacheStates),
    ttftMs: nullable(ms),
    totalMs: nullable(ms),
    usage: nullable(usage),
    cost: fc.record({
      nanos: nullable(count),
      wasteNanos: nullable(count),
      baselineNanos: nullable(count),
      savedNanos: nullable(fc.integer()),
      estimated: fc.boolean(),
    }),
    savedMs: nullable(fc.record({ speculation: ms, hedge: ms })),
    recalled: nullable(
      fc.record({
        trace: fc.string(),
        ageMs: ms,
        similarity: nullable(fc.double({ min: 0, max: 1, noNaN: true })),
        savedMs: ms,
        savedNanos: nullable(count),
      }),
    ),
    features: nullable(
      fc.record({
        named: fc.string(),
        quality: nullable(chance),
        route: nullable(oneOf(t.routes)),
        needs: fc.subarray(["chat", "tools", "images"]),
        tokens: count,
        maxTokens: nullable(count),
        history: count,
        last: nullable(fc.string()),
        weak: chance,
        strong: chance,
        score: chance,
        novelty: chance,
      }),
    ),
    feedback: nullable(
      fc.record({
        reward: chance,
        signals: fc.array(fc.record({ signal: oneOf(t.signals), at: iso }), { maxLength: 4 }),
      }),
    ),
    arm: nullable(fc.record({ experiment: name, arm: name })),
    text: fc.record({ prompt: fc.string(), answer: fc.string() }),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      "id",
      "startedAt",
      "surface",
      "wire",
      "kind",
      "stream",
      "client",
      "workspace",
      "session",
      "messages",
      "chars",
      "status",
      "error",
      "finish",
      "privacy",
      "decision",
      "spans",
      "attempts",
      "cache",
      "ttftMs",
      "totalMs",
      "usage",
      "cost",
      "savedMs",
      "recalled",
      "features",
      "feedback",
      "arm",
    ],
  },
);

describe("a packed trace", () => {
  it("unpacks to the same, whatever it holds", () => {
    const plain = (v: unknown): unknown => JSON.parse(JSON.stringify(v));
    fc.assert(
      fc.property(trace, fc.boolean(), (original, shared) => {
        if (shared && original.attempts[0]?.usage) original.usage = original.attempts[0].usage;
        const back = unpack(original.id, figuresOf(original, Date.parse(original.startedAt)), pack(original));
        assert.deepEqual(back, plain(original));
      }),
    );
  });
  it("of an earlier version has saved no time", () => {
    const [original] = fc.sample(trace, { numRuns: 1, seed: 1 });
    const rest = JSON.parse(pack({ ...original!, savedMs: { speculation: 1, hedge: 2 } })) as unknown[];
    const back = (places: number) =>
      unpack("t", figuresOf(original!, 0), JSON.stringify(rest.slice(0, places))).savedMs;
    assert.deepEqual([back(13), back(14), back(15)], [null, null, { speculation: 1, hedge: 2 }]);
  });
});
