import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { differs, marksOf } from "../../server/logic/memory/veto.ts";

interface Pair {
  readonly kind?: string;
  readonly a: string;
  readonly b: string;
}

const pairsOf = (file: string): Pair[] =>
  readFileSync(new URL(`../support/${file}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Pair => JSON.parse(line));
const nearMisses = pairsOf("near-misses.jsonl");
const paraphrases = pairsOf("paraphrases.jsonl");
const between = (a: string, b: string) => differs(marksOf(a), marksOf(b));
const anyQuestion = fc.constantFrom(...[...nearMisses, ...paraphrases].flatMap(({ a, b }) => [a, b]));

describe("the veto on a stored answer", () => {
  it("lets no near miss pass", () => {
    const passed = nearMisses.filter(({ a, b }) => between(a, b) === null || between(b, a) === null);
    assert.deepEqual(passed, []);
    assert.ok(nearMisses.length >= 240);
    assert.ok(new Set(nearMisses.map(({ kind }) => kind)).size >= 12);
  });

  it("lets most of the same questions in other words pass", () => {
    const passed = paraphrases.filter(({ a, b }) => between(a, b) === null);
    assert.ok(passed.length / paraphrases.length > 0.7, `${passed.length} of ${paraphrases.length}`);
    assert.ok(paraphrases.length >= 120);
  });

  it("keeps every question of the two sets apart from all others but its own paraphrases", () => {
    const marks = paraphrases.flatMap(({ a, b }, pair) => [
      { text: a, pair, marks: marksOf(a) },
      { text: b, pair, marks: marksOf(b) },
    ]);
    for (const one of marks)
      for (const other of marks)
        if (one.pair < other.pair)
          assert.notEqual(differs(one.marks, other.marks), null, `${one.text} / ${other.text}`);
  });

  it("says what differs", () => {
    const how = (thing: string) => `How do I set ${thing}?`;
    assert.equal(between(how("a timeout of 30 seconds"), how("a timeout of 300 seconds")), "number: 30 / 300");
    assert.equal(between("Sort a list in Python", "Sort a list in JavaScript"), "language: python / javascript");
    assert.equal(between("Why is it slow?", "Why is it not slow?"), "negation: none / not");
    assert.equal(between("How do I use Redux?", "Should I use Redux?"), "intent: how-to / should");
    assert.equal(between("Convert JSON to YAML", "Convert YAML to JSON"), "order");
  });

  it("is the same both ways round, and never against the question itself", () => {
    fc.assert(
      fc.property(fc.oneof(anyQuestion, fc.string()), fc.oneof(anyQuestion, fc.string()), (a, b) => {
        assert.equal(between(a, b) === null, between(b, a) === null);
        assert.equal(between(a, a), null);
      }),
    );
  });

  it("sees any changed number, wherever it stands", () => {
    const templates = [
      "wait # seconds",
      "how do I retry # times in Go?",
      "what does error # mean?",
      "use version # of React",
      "pad to #px",
    ];
    const number = fc.oneof(fc.integer({ min: -9999, max: 9999 }), fc.float({ min: 0, max: 100, noNaN: true }));
    fc.assert(
      fc.property(fc.constantFrom(...templates), number, number, (template, one, other) => {
        fc.pre(String(one) !== String(other));
        assert.notEqual(between(template.replace("#", `${one}`), template.replace("#", `${other}`)), null);
      }),
    );
  });

  it("sees swapped operands", () => {
    const things = [
      "JSON",
      "yaml",
      "`foo`",
      "myVar",
      "Redux",
      "a list",
      "Python",
      "tabs",
      '"x"',
      "main",
      "the parser",
      "C++",
    ];
    const ways = [
      "convert # to @",
      "# instead of @",
      "is # faster than @?",
      "call # from @",
      "merge # into @",
      "should # run before @?",
    ];
    ways.push(
      "replace # with @",
      "why does # call @?",
      "# over @",
      "import # in @",
      "does # extend @?",
      "how do I wrap # in @?",
    );
    fc.assert(
      fc.property(fc.constantFrom(...ways), fc.constantFrom(...things), fc.constantFrom(...things), (way, a, b) => {
        fc.pre(a !== b);
        const ask = (x: string, y: string) => way.replace("#", x).replace("@", y);
        assert.notEqual(between(ask(a, b), ask(b, a)), null, ask(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes one more word for a difference, unless it is known to say nothing", () => {
    fc.assert(
      fc.property(anyQuestion, fc.stringMatching(/^[b-z]{4,9}$/), (question, word) => {
        const longer = `${word} ${question}`;
        fc.pre(!/^(?:just|really|please|kindly|hello|thanks|basically|actually|being|does)$/.test(word));
        assert.notEqual(between(question, longer), null);
      }),
    );
    assert.equal(between("Please explain closures, thanks", "explain closures"), null);
  });

  it("passes code, and a text in another language, only as it is", () => {
    assert.notEqual(between("what is `a`", "what is `b`"), null);
    assert.notEqual(between("Explain\n```\na\n b\n```", "Explain\n```\na\nb\n```"), null);
    assert.equal(between("Wie sortiere ich eine Liste?", " Wie sortiere ich eine Liste? "), null);
    assert.notEqual(between("Wie sortiere ich eine Liste?", "Wie sortiere ich die Liste?"), null);
    assert.notEqual(between("如何排序列表", "如何排序数组"), null);
  });

  it("takes texts of any length and any marks, a long one only as it is", () => {
    const long = "how do I sort a list ".repeat(5000);
    assert.equal(between(long, `${long}\n`), null);
    assert.equal(between(long, `please ${long}`), "text");
    for (const mark of ["'a ", '"a ', "`", "(", "f(", "```", "a's ", "?!", ", how ", " of "]) {
      const begun = performance.now();
      marksOf(mark.repeat(3900 / mark.length));
      marksOf(mark.repeat(100_000 / mark.length));
      assert.ok(performance.now() - begun < 500, mark);
    }
  });
});
