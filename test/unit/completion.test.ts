import assert from "node:assert/strict";
import { whyNotAsk } from "../../server/logic/completion/ask.ts";
import { cutAtBlockEnd, cutAtDedent, openBrackets } from "../../server/logic/completion/block.ts";
import {
  cutAtBlankLine,
  cutEcho,
  cutFences,
  cutHeld,
  cutRepetition,
  cutSuffix,
} from "../../server/logic/completion/cut.ts";
import { cutLoop } from "../../server/logic/completion/loop.ts";
import { mayRunOn, shape } from "../../server/logic/completion/shape.ts";
import { show } from "../../server/logic/completion/show.ts";
import { maxAfter, maxBefore, type Surroundings, surroundings } from "../../server/logic/completion/surroundings.ts";

/** `|` is the cursor. */
const at = (text: string, language = "typescript"): Surroundings => {
  const offset = text.indexOf("|");
  return surroundings(text.slice(0, offset) + text.slice(offset + 1), offset, language);
};
const table = <T extends readonly unknown[]>(rows: readonly T[], check: (...row: T) => void) => {
  for (const row of rows) it(String(row[0]).replaceAll("\n", "⏎"), () => check(...row));
};

describe("when to ask", () => {
  table(
    [
      ["|", /empty/],
      ["  \n|\n", /empty/],
      ["const fo|o = 1;", /inside a word/],
      ["const x = | + 1;", /text after/],
      ["return 1;|", /complete/],
      ["}|", /complete/],
      ["/* note */ |", /complete/],
      ["const x = |", null],
      ["call(|)", null],
      ["call(|);", null],
      ['say("|")', null],
      ["function f() {\n  |\n}", null],
    ] as const,
    (text, expected) => {
      const reason = whyNotAsk(at(text), true);
      if (expected === null) assert.equal(reason, null);
      else assert.match(reason ?? "", expected);
    },
  );
  it("refuses a person's own asking only where nothing is known", () => {
    assert.equal(whyNotAsk(at("const x = | + 1;"), false), null);
    assert.match(whyNotAsk(at("|"), false) ?? "", /empty/);
  });
});

describe("what is asked", () => {
  it("is bounded on both sides, at the starts of lines", () => {
    const line = `${"x".repeat(49)}\n`;
    const long = line.repeat(400);
    const found = surroundings(long + long, long.length, "text");
    assert.ok(found.before.length <= maxBefore && found.before.length > maxBefore - 60);
    assert.ok(found.after.length <= maxAfter && found.after.length > maxAfter - 60);
    assert.ok(found.before.startsWith("x".repeat(49)) && found.before.length % 50 === 0);
    assert.equal(found.after.length % 50, 0);
  });
  it("reads Windows line ends as plain ones", () => assert.equal(at("a\r\n|b\r\n").before, "a\n"));
  it("keeps blanks before the cursor from the model", () => {
    const { prompt, held } = shape(at("  return |"));
    assert.equal(prompt.prefix, "  return");
    assert.equal(held, " ");
  });
  it("ends where the cursor's block ends already", () => {
    assert.deepEqual(shape(at("function f() {\n  |\n}\n")).prompt.suffix, "\n}\n");
    assert.ok(shape(at("function f() {\n  |\n}\n")).sampling.stop?.includes("\n}"));
    assert.ok(shape(at("  if (x) {\n    |\n  }\n")).sampling.stop?.includes("\n  }"));
    assert.deepEqual(shape(at("function f() {\n  |")).sampling.stop, ["\n\n", "\n```"]);
    assert.deepEqual(shape(at("const a = |\n}")).sampling.stop, ["\n"]);
  });
  table(
    [
      ["  |", true],
      ["function f() {|", true],
      ["def f(x):|", true],
      ["const f = () => |", true],
      ["const x = |", false],
      ["  | x", false],
    ] as const,
    (text, expected) => assert.equal(mayRunOn(at(text)), expected),
  );
});

describe("cuts", () => {
  table(
    [
      ["```ts\nreturn 1;\n```\nThis returns", "return 1;"],
      ["return 1;\n```\nExample:", "return 1;"],
      ["return 1;", "return 1;"],
      ["```", ""],
    ] as const,
    (text, expected) => assert.equal(cutFences(text), expected),
  );
  it("the cursor's line said again", () => {
    assert.equal(cutEcho("  const sum = a + b;", at("  const sum =|")), " a + b;");
    assert.equal(cutEcho("a + b", at("x|")), "a + b");
  });
  it("the blanks that were held", () => {
    assert.equal(cutHeld(" a", at("return |"), " "), "a");
    assert.equal(cutHeld(" a", at("return|"), ""), " a");
  });
  it("brackets in strings and comments don't count", () =>
    assert.deepEqual(openBrackets("f(\"(\", '{', `[`) { // (((\n /* [[ */ g("), ["{", "("]));
  table(
    [
      ["f(|)", "a, b);", "a, b"],
      ["f(|", "a, b);\ng();", "a, b);\ng();"], // the line's end is another cut's
      ["function f() {\n  |\n}", "return 1;\n}\n\nconsole.log(f());", "return 1;"],
      ["function f() {\n  |", "return 1;\n}\n\nconsole.log(f());", "return 1;\n}"],
      ["const f = () => {|", "\n  return 1;\n};\nf();", "\n  return 1;\n};"],
      ["it('x', () => {\n  |", "ok();\n});\n\nit('y'", "ok();\n});"],
      ["|", "}\n", ""],
      ["if (x) {\n  |\n}", "for (const a of b) {\n    c(a);\n  }\n}\nmore", "for (const a of b) {\n    c(a);\n  }"],
    ] as const,
    (text, answer, expected) => assert.equal(cutAtBlockEnd(answer, at(text)), expected),
  );
  table(
    [
      ["def f(x):\n    |", "return x\n\nprint(f(1))", "return x\n"],
      ["def f(x):|", "\n    return x\nprint(f(1))", "\n    return x"],
      ["  |", "a();\n  b();\n}", "a();\n  b();\n}"], // a closing bracket is the brackets' business
      ["|", "a\nb", "a\nb"],
    ] as const,
    (text, answer, expected) => assert.equal(cutAtDedent(answer, at(text, "python")), expected),
  );
  table(
    [
      ["f(|);", "a, b);", "a, b"],
      ["  |\n  return sum;\n}", "sum += 1;\n  return sum;\n", "sum += 1;"],
      ["  |\n}", "a();\n}", "a();\n}"], // too short to be a repetition
    ] as const,
    (text, answer, expected) => assert.equal(cutSuffix(answer, at(text)), expected),
  );
  table(
    [
      ["const a = 1;\n|", "const a = 1;\nconst b = 2;", ""],
      ["  |", "log(a);\n  log(a);\n  log(a);", "log(a);"],
      ["  |", "a();\n  b();\n  a();\n  b();", "a();\n  b();\n  a();\n  b();"],
      ["  |", "{\n  },\n  {\n  },", "{\n  },\n  {\n  },"],
    ] as const,
    (text, answer, expected) => {
      // One-letter calls are too short to tell a loop from a program.
      assert.equal(cutRepetition(answer, at(text)), expected);
    },
  );
  describe("loops", () => {
    table(
      [
        [`1${"0".repeat(45)}`, ""],
        [" 1000 / 1000 + 1000 / 1000 + 1000 / 1000 + 1000", ""],
        ["a + a + a + a + a + a + a", ""],
        ["the value of the value of the value of", ""],
        [`return ${"foo(bar, ".repeat(9)}`, ""],
        [`[${"0, ".repeat(20)}`, ""],
        ["const a = 1;\n  const b = 1000 / 10 + 1000 / 10 + 1000 / 10 + 1", "const a = 1;"],
      ] as const,
      (text, expected) => assert.equal(cutLoop(text), expected),
    );
    for (const code of [
      "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
      "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0",
      "[1, 0, 0], [0, 1, 0], [0, 0, 1]",
      "[0, 0, 0], [0, 0, 0], [0, 0, 0]",
      "node.parentNode.parentNode.parentNode",
      "$(this).parent().parent().parent();",
      "<li></li><li></li><li></li><li></li>",
      "x * x * x * x",
      "a ** 2 + b ** 2 + c ** 2",
      "../../../../../../lib",
      "      })\n    })\n  })\n})",
      `// ${"-".repeat(70)}`,
      `0x${"0".repeat(40)}`,
      `"0x${"0".repeat(40)}"`,
      `0b${"1".repeat(32)};`,
      "a && b || a && c || a && d",
      "x = y ? 1 : z ? 1 : w ? 1 : 0",
      '"%s %s %s %s"',
      "i++; j++; k++;",
      "let a = 1, b = 1, c = 1, d = 1, e = 1;",
      "case 1: return 1;\n  case 2: return 1;\n  case 3: return 1;",
      "",
    ])
      it(`not in ${code.slice(0, 40).replaceAll("\n", "⏎")}`, () => assert.equal(cutLoop(code), code));
  });
  it("a blank line after code", () => {
    assert.equal(cutAtBlankLine("\n\n  a();\n\nb();"), "\n\n  a();");
    assert.equal(cutAtBlankLine("a();\nb();"), "a();\nb();");
  });
});

/** Answers as small models give them, and what is left to show. */
describe("what may be shown", () => {
  const goldens: readonly (readonly [name: string, text: string, answer: string, shown: string | RegExp])[] = [
    [
      "a function's body without the example after it",
      "function reverseString(s: string): string {\n  |\n}\n",
      " return s.split('').reverse().join('');\n}\n\nconsole.log(reverseString('hello'));\n```",
      "return s.split('').reverse().join('');",
    ],
    [
      "a body whose end nobody wrote yet",
      "function reverseString(s) {|",
      "\n  return s.split('').reverse().join('');\n}\n\n// Example usage:\nconsole.log(reverseString('a'));",
      "\n  return s.split('').reverse().join('');\n}",
    ],
    [
      "one line where the cursor is in one",
      "function max(list: number[]) {\n  return |\n}",
      " Math.max(...list);\n}\n\nconsole.log(max([1]));",
      "Math.max(...list);",
    ],
    ["arguments without the bracket that is there", "const m = Math.max(|);", "...list);", "...list"],
    ["code out of its fence", "const pi = |", "```js\n3.14159;\n```", "3.14159;"],
    ["Python, until the dedent", "def area(r):\n    |", "return 3.14 * r * r\n\nprint(area(2))", "return 3.14 * r * r"],
    ["no loop", "  |", "x.push(1);\n  x.push(1);\n  x.push(1);", "x.push(1);"],
    ["nothing for blanks", "const a = |", "  \n \n", /nothing/],
    ["nothing for an echo", "const total = |", "const total = ", /./],
    ["nothing of a loop", "const ms = |", " 1000 / 1000 + 1000 / 1000 + 1000 / 1000 + 1000 /", /repeated itself/],
    ["nothing for the line before", "import a from 'a';\n|", "import a from 'a';", /line before/],
    ["nothing that leaves a bracket open in the line", "const n = users.map(|);", "user => {\n", /bracket open/],
    ["nothing for a bare fence", "const a = |", "```\n```", /no code/],
    ["nothing for the block's own end", "function f() {\n  return 1;\n|}", "}\n\nf();", /closed the block/],
  ];
  for (const [name, text, answer, expected] of goldens)
    it(name, () => {
      const where = at(text);
      const result = show(answer, where, shape(where).held);
      if (typeof expected === "string") assert.deepEqual(result, { text: expected });
      else assert.match("reason" in result ? result.reason : `shown: ${result.text}`, expected);
    });
});
