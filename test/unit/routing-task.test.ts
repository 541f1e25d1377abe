import assert from "node:assert/strict";
import fc from "fast-check";
import { taskOfVerb } from "../../server/logic/routing/imperative.ts";
import { isMeta, recogniseTask } from "../../server/logic/routing/task.ts";
import { taskByPatterns } from "../support/task-patterns.ts";

const vocabulary = (
  "write generate create add implement build suggest draft compose give provide conversation chat thread discussion session " +
  "history test tests unit integration doc docs documentation docstring comments readme refactor simplify fix debug bug error " +
  "exception crash crashes explain why shell bash zsh terminal find search title summarise summarize summary of come up with " +
  "clean how does do what is are where which file command line commit message not working doesn't work doesn t the a writes " +
  "untitled tested é ſ K _write 2"
).split(" ");
const phrases = [
  "commit message",
  "come up with",
  "title",
  "this conversation",
  "summary of",
  "unit tests",
  "doesn't work",
];
const between = [
  " ",
  " ",
  " ",
  " ",
  "  ",
  ". ",
  "? ",
  "!",
  "\n",
  ", ",
  "-",
  "'",
  "_",
  "é",
  "",
  " x ".repeat(12),
  "y".repeat(38),
];

const piece = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...vocabulary) }, fc.constantFrom(...phrases)),
  fc.constantFrom(...between),
  fc.boolean(),
);
const text = fc
  .array(piece, { maxLength: 14 })
  .map((pieces) => pieces.map(([word, gap, shout]) => (shout ? word.toUpperCase() : word) + gap).join(""));

describe("the task that a text names", () => {
  it("is the one that the patterns tell, for any words in any order", () => {
    fc.assert(
      fc.property(text, fc.oneof(fc.constant(""), text), fc.boolean(), (asked, system, tools) => {
        const expected = taskByPatterns(asked, system, tools);
        const verb = isMeta(expected) || tools ? null : taskOfVerb(asked);
        assert.equal(recogniseTask(asked, system, tools), verb ?? expected);
      }),
      { numRuns: 5_000, seed: 6 },
    );
  });

  it("is found to the character of a verb's reach", () => {
    for (const [verb, object, after] of [
      ["write", "commit message", ""],
      ["add", "unit tests", ""],
      ["add", "tests", ""],
      ["write", "readme", ""],
      ["give a title", "chat", ""],
      ["give", "title", " chat"],
      ["summary of", "history", ""],
    ] as const)
      for (let gap = 1; gap < 90; gap++) {
        const asked = `${verb}${" ".repeat(gap)}${object}${after}`;
        assert.equal(recogniseTask(asked, "", false), taskByPatterns(asked, "", false), asked);
      }
  });

  it("is known of questions as people ask them", () => {
    const questions: readonly [string, string][] = [
      ["Write a commit message for this diff.", "commit-message"],
      ["Come up with a short title for this chat.", "title"],
      ["Summarize the discussion so far", "summary"],
      ["Please add a few unit tests for the parser", "test"],
      ["Add docstrings to every function.", "document"],
      ["Clean up this module", "refactor"],
      ["The login doesn't work any more", "fix"],
      ["What does this regex do?", "explain"],
      ["a bash one-liner that counts lines", "shell"],
      ["Where is the port configured", "search"],
      ["Implement a queue", "write"],
      ["Hello!", "chat"],
      ["Explain why this error happens.", "explain"],
      ["Could you please describe what the tests check?", "explain"],
      ["Fix the failing unit tests", "fix"],
      ["Rename the variable x to count", "refactor"],
      ["Document the public API", "document"],
      ["please translate this to Rust", "write"],
      ["Explaining is hard, so write a parser", "write"],
    ];
    for (const [asked, task] of questions) assert.equal(recogniseTask(asked, "", false), task, asked);
    assert.equal(recogniseTask("Hello!", "", true), "agent");
    assert.equal(recogniseTask("Hello!", "You write a title for a conversation.", true), "title");
  });
});
