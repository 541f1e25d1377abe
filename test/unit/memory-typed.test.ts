import assert from "node:assert/strict";
import fc from "fast-check";
import type { Answer, Typing } from "../../server/domain/memory.ts";
import type { Request } from "../../server/domain/request.ts";
import { TypedAnswers } from "../../server/io/cache/typed.ts";
import { Trie } from "../../server/kit/trie.ts";
import { restOf, typingOf } from "../../server/logic/memory/typed.ts";
import { answerOf } from "../support/answers.ts";
import { HeldClock } from "../support/facts.ts";

const line = ["\n"];
const block = ["\n\n", "\n```"];
const at = (before: string, stops: readonly string[] = line, scope = "s"): Typing => ({ scope, before, stops });

describe("a trie", () => {
  it("finds what a plain comparison with all finds, whatever is put in and taken out", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    const step = fc.record({ text, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), text, (steps, asked) => {
        const trie = new Trie<string>();
        const plain = new Set<string>();
        for (const { text: t, remove } of steps) {
          if (remove) {
            trie.delete(t);
            plain.delete(t);
          } else {
            trie.set(t, t);
            plain.add(t);
          }
        }
        const expected = [...plain].filter((t) => asked.startsWith(t)).sort((a, b) => a.length - b.length);
        assert.deepEqual([...trie.along(asked)], expected);
        assert.equal(trie.empty, plain.size === 0);
      }),
    );
  });
});

describe("the rest of a suggestion", () => {
  it("is what was suggested without what was typed of it", () => {
    assert.equal(restOf("foo(bar)", at("x = "), at("x = fo")), "o(bar)");
    assert.equal(restOf("foo(bar)", at("x = "), at("x = ")), "foo(bar)");
  });

  it("is none where something else was typed, or all of it", () => {
    assert.equal(restOf("foo(bar)", at("x = "), at("x = fa")), null);
    assert.equal(restOf("foo(bar)", at("x = "), at("y = fo")), null);
    assert.equal(restOf("foo", at("x = "), at("x = foo")), null);
  });

  it("ends where a suggestion would end now, and is none where it may have been cut sooner", () => {
    assert.equal(restOf("if (a) {\n  b();\n}", at("", block), at("if ", line)), "(a) {");
    assert.equal(restOf("if (a) {", at("", line), at("if ", block)), null);
  });
});

describe("suggestions that are typed along", () => {
  const answer = (trace: string, text: string): Answer => answerOf(trace, { events: [{ type: "text", text }] });
  const open = () => {
    const clock = new HeldClock();
    return new TypedAnswers({ clock, limits: () => ({ ttlSeconds: 10_000_000_000 }) });
  };

  it("go on with the newest that fits", () => {
    const typed = open();
    typed.keep(at("x = "), answer("t1", "foo(bar)"));
    typed.keep(at("x = fo"), answer("t2", "o(baz)"));
    assert.equal(typed.find(at("x = foo"))?.rest, "(baz)");
    assert.equal(typed.find(at("x = f"))?.rest, "oo(bar)");
    assert.equal(typed.find(at("x = fa")), null);
    assert.equal(typed.find(at("x = f", line, "another scope")), null);
  });

  it("go when they are forgotten or replaced", () => {
    const typed = open();
    typed.keep(at("x = "), answer("t1", "foo"));
    typed.keep(at("x = "), answer("t2", "far"));
    assert.equal(typed.size, 1);
    assert.equal(typed.find(at("x = f"))?.rest, "ar");
    assert.deepEqual(typed.forget({ trace: "t1" }), []);
    assert.deepEqual(typed.forget({ trace: "t2" }), ["t2"]);
    assert.equal(typed.find(at("x = f")), null);
  });

  it("are bounded", () => {
    const typed = open();
    for (let i = 0; i < 2_100; i++) typed.keep(at(`x${i} = `), answer(`t${i}`, "foo"));
    assert.equal(typed.size, 2_000);
    assert.equal(typed.find(at("x50 = f")), null);
    assert.equal(typed.find(at("x2050 = f"))?.rest, "oo");
  });

  it("are a window's alone, with the same text behind the cursor", () => {
    const request = (surface: "editor" | "http", suffix: string): Request => ({
      id: "r",
      kind: "completion",
      stream: true,
      origin: { surface, wire: "editor", client: "editor", workspace: null, session: null, atMs: 0 },
      wishes: { model: "m", sampling: { temperature: 0, maxTokens: 48, stop: ["\n"] }, needs: [] },
      egress: { verdict: "anywhere", rule: "default" },
      prompt: { kind: "fill", prefix: "x = ", suffix },
    });
    assert.equal(typingOf(request("http", ")"), "p"), null);
    const one = typingOf(request("editor", ")"), "p")!;
    assert.deepEqual([one.before, one.stops], ["x = ", ["\n"]]);
    assert.notEqual(typingOf(request("editor", "]"), "p")!.scope, one.scope);
    assert.notEqual(typingOf(request("editor", ")"), "q")!.scope, one.scope);
  });
});
