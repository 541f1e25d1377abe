import assert from "node:assert/strict";
import { dollars } from "../../extension/meter/money.ts";
import type { Receipt } from "../../server/protocol/editor.ts";
import { mayBeAnother } from "../../webview/chat/memory.ts";
import { receiptFacts, receiptLine } from "../../webview/chat/receipt.ts";
import { wayOutOf } from "../../webview/chat/ways.ts";
import { ago, alike, duration, milliseconds, money, partOf, percent, plural, sum } from "../../webview/kit/format.ts";
import { percentile } from "../../webview/kit/percentile.ts";

describe("figures on a page", () => {
  const sums: readonly (readonly [nanos: number, written: string])[] = [
    [0, "$0.00"],
    [1, "$0.000000001"],
    [560, "$0.00000056"],
    [1_234, "$0.0000012"],
    [564_600, "$0.00056"],
    [1_200_000, "$0.0012"],
    [12_345_678, "$0.012"],
    [100_000_000, "$0.10"],
    [994_000_000, "$0.99"],
    [1_234_567_890, "$1.23"],
    [1.5e12, "$1,500.00"],
    [-1_200_000, "−$0.0012"],
    [-20_000_000, "−$0.020"],
  ];
  for (const [where, write] of [
    ["a page", money],
    ["the meter", dollars],
  ] as const)
    it(`write money in dollars on ${where}, never rounding a cost to nothing`, () => {
      for (const [nanos, written] of sums) assert.equal(write(nanos), written);
      assert.equal(write(1_200_000, true), "≈\u00a0$0.0012");
      assert.equal(write(0, true), "$0.00");
    });
  it("say that a cost is unknown, wholly or in part", () => {
    assert.equal(money(null), "cost unknown");
    assert.equal(sum(1_200_000, 3), "$0.0012 + 3 unknown");
    assert.equal(sum(1_200_000, 0, 2), "≈\u00a0$0.0012");
  });
  it("write times with a unit that fits", () => {
    const written = [null, 0, 0.042, 4.25, 84.2, 999.4, 999.6, 1_912, 9_999, 59_940, 59_960, 125_000];
    assert.deepEqual(written.map(duration), [
      "–",
      "0 ms",
      "0.04 ms",
      "4.3 ms",
      "84 ms",
      "999 ms",
      "1.00 s",
      "1.91 s",
      "10.0 s",
      "59.9 s",
      "1 min 00 s",
      "2 min 05 s",
    ]);
    assert.deepEqual([null, 0.311, 35.12, 1_912.4].map(milliseconds), ["–", "0.31", "35.1", "1,912"]);
  });
  it("write how long ago something was in one unit", () => {
    const written = [0, 400, 600, 59_400, 59_600, 200_000, 3_569_000, 3_570_000, 80_000_000, 260_000_000];
    assert.deepEqual(written.map(ago), [
      "just now",
      "just now",
      "1 s ago",
      "59 s ago",
      "1 min ago",
      "3 min ago",
      "59 min ago",
      "1 h ago",
      "22 h ago",
      "3 days ago",
    ]);
  });
  it("never call two questions wholly alike that aren't, nor a part nothing", () => {
    assert.deepEqual([0.57, 0.943, 0.999, 1].map(alike), [
      "57\u00a0% alike",
      "94\u00a0% alike",
      "99\u00a0% alike",
      "100\u00a0% alike",
    ]);
    assert.deepEqual([partOf(1, 4), partOf(1, 1_000), partOf(0, 7), partOf(0, 0)], ["25 %", "< 1 %", "0 %", "–"]);
  });
  it("count", () => {
    assert.equal(plural(1, "request"), "1 request");
    assert.equal(plural(1_200, "request"), "1,200 requests");
    assert.equal(percent(0.125), "13 %");
  });
  it("take percentiles that were measured", () => {
    assert.equal(percentile([], 0.5), null);
    assert.equal(percentile([30, 10, 20], 0.5), 20);
    assert.equal(percentile([30, 10, 20, 40], 0.95), 40);
    assert.equal(percentile([7], 0.95), 7);
  });
});

describe("the line under an answer", () => {
  const receipt: Receipt = {
    trace: "t1",
    status: "ok",
    model: "small",
    route: "direct",
    reason: "simple",
    cache: "off",
    recalled: null,
    ttftMs: 84.2,
    totalMs: 1_912,
    inputTokens: 412,
    outputTokens: 236,
    costNanos: 1_234_000,
    savedNanos: 8_120_000,
    estimated: false,
    instead: null,
    error: null,
  };
  it("names the model, the times, the tokens, the cost and what was saved", () => {
    assert.deepEqual(receiptLine(receipt), [
      "small",
      "first token 84 ms",
      "total 1.91 s",
      "412 → 236 tokens",
      "$0.0012",
      "saved $0.0081",
    ]);
  });
  it("leaves out what isn't known, but says so of the cost", () => {
    const line = receiptLine({ ...receipt, ttftMs: null, inputTokens: null, costNanos: null, savedNanos: null });
    assert.deepEqual(line, ["small", "total 1.91 s", "cost unknown"]);
  });
  it("says that an answer was stopped, or free", () => {
    const line = receiptLine({ ...receipt, status: "cancelled", costNanos: 0, savedNanos: null });
    assert.equal(line[0], "stopped");
    assert.equal(line.at(-1), "free");
  });
  it("marks what is estimated, and a cost above the baseline", () => {
    const facts = new Map(receiptFacts({ ...receipt, estimated: true, savedNanos: -2_000_000 }));
    assert.equal(facts.get("Tokens out"), "236 (estimated)");
    assert.equal(facts.get("Cost"), "≈\u00a0$0.0012");
    assert.equal(facts.get("Over baseline"), "≈\u00a0$0.0020");
  });
  it("says that another model answered than the one that was chosen", () => {
    const instead = { model: "alpha", message: 'cloud needs the key "CLOUD".' };
    assert.equal(receiptLine({ ...receipt, instead })[0], "small instead of alpha");
    assert.equal(new Map(receiptFacts({ ...receipt, instead })).get("alpha"), instead.message);
  });
  it("is kept by a page whose answers were given before there was a memory", () => {
    const { recalled: _, ...old } = receipt;
    assert.equal(receiptLine(old as Receipt).length, 6);
    assert.ok(receiptFacts(old as Receipt).length > 0);
  });
  it("leads from a key that is missing or refused to where it is set", () => {
    assert.equal(wayOutOf("unauthorized"), "set-api-key");
    assert.equal(wayOutOf("upstream_error"), "show-log");
    assert.equal(wayOutOf("overloaded"), null);
  });
});

describe("the line under an answer from memory", () => {
  const remembered: Receipt = {
    trace: "t2",
    status: "ok",
    model: "small",
    route: "direct",
    reason: "the same request was answered 3 min ago (trace t1)",
    cache: "exact",
    recalled: { trace: "t1", ageMs: 180_000, similarity: null, savedMs: 1_800, savedNanos: 1_234_000 },
    ttftMs: 0.4,
    totalMs: 1.2,
    inputTokens: 412,
    outputTokens: 236,
    costNanos: 0,
    savedNanos: 8_120_000,
    estimated: false,
    instead: null,
    error: null,
  };
  const alikeOnly: Receipt = {
    ...remembered,
    cache: "semantic",
    recalled: { ...remembered.recalled!, similarity: 0.943 },
  };

  it("says in plain words that it is, when it was asked, and what that saved", () => {
    assert.deepEqual(receiptLine(remembered), [
      "small",
      "from memory, asked 3 min ago",
      "total 1.2 ms",
      "412 → 236 tokens",
      "free",
      "saved ≈\u00a01.80 s and ≈\u00a0$0.0012",
    ]);
  });
  it("says how alike the question was that it was made for", () => {
    assert.equal(receiptLine(alikeOnly)[1], "from memory: a question 94\u00a0% alike, asked 3 min ago");
  });
  it("says that it was shared with a request that ran", () => {
    const joined: Receipt = {
      ...remembered,
      cache: "joined",
      recalled: { ...remembered.recalled!, ageMs: 200, savedMs: 0, savedNanos: null },
    };
    const line = receiptLine(joined);
    assert.equal(line[1], "shared with a request that ran");
    assert.equal(line.at(-1), "free", "nothing is said to be saved where that isn't known");
  });
  it("names the request whose answer it is, and what it saved both ways", () => {
    const facts = new Map(receiptFacts(alikeOnly));
    assert.equal(facts.get("Answer of trace"), "t1");
    assert.equal(facts.get("Cache"), "semantic");
    assert.equal(facts.get("Saved by memory"), "≈\u00a01.80 s and ≈\u00a0$0.0012");
    assert.equal(facts.get("Saved"), "$0.0081");
  });
  it("can be disputed only where the question was another one", () => {
    assert.ok(mayBeAnother(alikeOnly));
    for (const cache of ["exact", "joined", "miss", "off"]) assert.ok(!mayBeAnother({ ...remembered, cache }));
  });
});
