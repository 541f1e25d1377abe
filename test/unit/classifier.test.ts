import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import type { Golden } from "../../scripts/train/golden.ts";
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { type Clues, noClues } from "../../server/logic/routing/classifier/clues.ts";
import { tasks } from "../../server/protocol/trace.ts";
import { weightsFile } from "../../server/wiring/weights.ts";

const support = resolve(import.meta.dirname, "../support");
const file = readFileSync(weightsFile(join(import.meta.dirname, "../../server/wiring/weights.ts")));
const classifier = new Classifier(file);
const score = (text: string, clues: Partial<Clues> = {}): number =>
  classifier.estimate(text, { ...noClues, ...clues }).score;

const everyday = [
  "hi",
  "Say hello.",
  "thanks, that worked",
  "what does git stash do?",
  "rename this variable to count",
  "fix the typo in this comment",
];
const demanding = [
  "Two workers sometimes take the same job.\n\nError: duplicate key value violates unique constraint\n    at Queue.take (src/queue.ts:88:13)\n    at Worker.run (src/worker.ts:41:22)\n\nFind the race condition in src/queue.ts, src/worker.ts and src/db/lock.ts and fix it without a global lock.",
  "Prove that there are infinitely many primes congruent to 3 modulo 4.",
  "Design a distributed rate limiter that must survive the loss of a node, must never exceed the limit by more than 5 %, and adds at most 1 ms latency. Discuss the trade-offs.",
  "We are migrating from a monolith to microservices. Propose an architecture for the billing module which guarantees exactly-once invoicing, with constraints: no downtime, PostgreSQL only, two teams.",
];

describe("classifier", () => {
  it("says what it said when its weights were trained", () => {
    const golden = JSON.parse(readFileSync(join(support, "estimates.json"), "utf8")) as Golden[];
    assert.ok(golden.length >= 20);
    for (const { prompt, ...expected } of golden) {
      const told = classifier.estimate(prompt, noClues);
      for (const name of ["score", "weak", "strong", "novelty"] as const)
        assert.ok(
          Math.abs(told[name] - expected[name]) < 2e-6,
          `${name} of ${JSON.stringify(prompt.slice(0, 40))}: ${told[name]}, trained ${expected[name]}; if the code changed on purpose, run: npm run train:classifier`,
        );
    }
  });

  it("refuses weights of other features, of another format, or cut short", () => {
    const changed = (at: number): Uint8Array => {
      const bytes = Uint8Array.from(file);
      bytes[at]! ^= 1;
      return bytes;
    };
    assert.throws(() => new Classifier(changed(8)), /other features/);
    assert.throws(() => new Classifier(changed(4)), /format/);
    assert.throws(() => new Classifier(changed(0)), /no weights/);
    assert.throws(() => new Classifier(file.subarray(0, 20)), /cut short/);
    assert.throws(() => new Classifier(file.subarray(0, file.length - 1)), /cut short/);
    assert.throws(() => new Classifier(Buffer.concat([file, file])), /longer/);
  });

  it("ships in at most 300 KB, beside a bundle and in a checkout", () => {
    assert.ok(file.length <= 300_000, `${file.length} bytes`);
    assert.match(weightsFile("/x/dist/server/main.js").replaceAll("\\", "/"), /^\/x\/dist\/server\/classifier\.bin$/);
  });

  it("gives probabilities for any text and any clues, and the same ones again", () => {
    const clue = fc.oneof(fc.integer(), fc.double(), fc.constant(0));
    const clues = fc.record({
      messages: clue,
      historyChars: clue,
      language: fc.option(fc.string()),
      selectionChars: clue,
      files: clue,
      errors: clue,
      task: fc.option(fc.constantFrom(...tasks)),
    });
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ unit: "grapheme" }),
      fc
        .array(fc.constantFrom("A. ", "\n", "```", "(B) ", " 12.5", "(", ")", "  at ", "\ud800", "fix", "é", "漢字"))
        .map((parts) => parts.join("")),
      fc.tuple(fc.string(), fc.integer({ min: 0, max: 9000 })).map(([part, n]) => part.repeat(n).slice(0, 20_000)),
    );
    fc.assert(
      fc.property(text, clues, (asked, known) => {
        const first = classifier.estimate(asked, known);
        for (const value of Object.values(first)) assert.ok(value >= 0 && value <= 1, JSON.stringify(first));
        assert.ok(first.strong >= first.weak);
        classifier.estimate("something else in between", noClues);
        assert.deepEqual(classifier.estimate(asked, known), first);
      }),
    );
  });

  it("finds everyday requests easier than demanding ones", () => {
    const easiest = Math.min(...demanding.map((text) => score(text)));
    for (const text of everyday) assert.ok(score(text) < easiest, `${text}: ${score(text)}, not below ${easiest}`);
  });

  it("tells questions apart that differ little", () => {
    const told = new Set(
      Array.from({ length: 50 }, (_, i) => score(`Why is ${"very ".repeat(i)}much of this code slow after ${i} runs?`)),
    );
    assert.ok(told.size >= 45, `${told.size} different scores of 50`);
  });

  it("looks at the beginning and the end of a long text", () => {
    const filler = "the log goes on and on. ".repeat(400);
    assert.notEqual(score(`Prove this theorem. ${filler}`), score(`Fix this typo. ${filler}`));
    assert.notEqual(score(`${filler}Prove this theorem.`), score(`${filler}Fix this typo.`));
  });

  it("needs the strong model more the more there is to keep in mind", () => {
    const text = "Why does this fail?";
    const rising: readonly (readonly Partial<Clues>[])[] = [
      [{ errors: 0 }, { errors: 1 }, { errors: 4 }],
      [{ files: 1 }, { files: 2 }, { files: 4 }],
      [{ selectionChars: 0 }, { selectionChars: 2000 }, { selectionChars: 8000 }],
      [{ historyChars: 0 }, { historyChars: 8000 }, { historyChars: 32_000 }],
      [{ messages: 1 }, { messages: 3 }, { messages: 9 }],
      [{ language: "css" }, { language: "rust" }],
      [{ task: "title" }, { task: "commit-message" }, { task: "explain" }, { task: null }, { task: "fix" }],
    ];
    for (const steps of rising)
      for (let i = 1; i < steps.length; i++)
        assert.ok(score(text, steps[i]) > score(text, steps[i - 1]), JSON.stringify([steps[i - 1], steps[i]]));
  });

  it("lets no clue outvote the text", () => {
    const most: Partial<Clues> = { errors: 1e9, files: 1e9, selectionChars: 1e12, historyChars: 1e12, messages: 1e9 };
    assert.ok(score("hi", most) < 0.3, `${score("hi", most)}`);
    assert.ok(score("hi", { errors: Number.NaN, files: -3, messages: 0 }) === score("hi"));
  });
});
