import assert from "node:assert/strict";
import fc from "fast-check";
import { fateOf } from "../../extension/feedback/fate.ts";
import { Followed, rules } from "../../extension/feedback/followed.ts";
import { type Change, lastFirst, moved } from "../../extension/feedback/span.ts";
import type { Signal } from "../../server/protocol/trace.ts";

const before = "const a = 1;\n\nconst z = 26;\n";
const at = before.indexOf("\n\n") + 1;
const code = "function twice(n: number): number {\n  return 2 * n;\n}\n";

const edited = (text: string, { rangeOffset: from, rangeLength, text: more }: Change): string =>
  text.slice(0, from) + more + text.slice(from + rangeLength);

/** Documents with a person at them, and a clock that is moved by hand. */
class Desk {
  readonly texts = new Map<string, string>();
  readonly errors = new Map<string, string[]>();
  readonly told: Signal[] = [];
  now = 0;
  readonly followed: Followed<Signal[]>;

  constructor(more: Partial<typeof rules> = {}) {
    const view = {
      text: (uri: string, { start, end }: { start: number; end: number }) =>
        this.texts.get(uri)?.slice(start, end) ?? null,
      errors: (uri: string) => this.errors.get(uri) ?? [],
    };
    this.followed = new Followed(view, (told, signal) => told.push(signal), { ...rules, ...more });
  }

  /** A document into which `text` went, in place of `replaced`. */
  insert(text = code, replaced = "", told = this.told): this {
    this.texts.set("a", before.slice(0, at) + text + before.slice(at));
    this.followed.follow({ of: told, uri: "a", start: at, text, replaced, errors: new Set(["old"]) }, this.now);
    return this;
  }

  edit(change: Change, undo = false, uri = "a"): this {
    this.texts.set(uri, edited(this.texts.get(uri) ?? "", change));
    this.followed.changed(uri, [change], undo, this.now);
    return this;
  }

  /** Replaces the first `what`. */
  replace(what: string, by: string, undo = false): this {
    const from = this.texts.get("a")?.indexOf(what) ?? -1;
    assert.ok(from >= 0, what);
    return this.edit({ rangeOffset: from, rangeLength: what.length, text: by }, undo);
  }

  /** Time passes; the editor looks whenever something is due. */
  wait(ms: number): this {
    for (const until = this.now + ms; ; ) {
      const due = this.followed.dueMs;
      if (due === null || due > until) {
        this.now = until;
        return this;
      }
      assert.ok(due >= this.now, "what is due lies ahead");
      this.now = due;
      this.followed.check(due);
      assert.notEqual(this.followed.dueMs, due, "what was due is done");
    }
  }

  save(): this {
    this.followed.saved("a");
    return this;
  }
}

describe("an inserted answer", () => {
  it("is undone when the editor's Undo takes it away", () => {
    const desk = new Desk().insert().replace(code, "", true);
    assert.deepEqual(desk.told, [], "it may be redone");
    assert.deepEqual(desk.wait(rules.settleMs).told, ["undone"]);
    assert.equal(desk.followed.size, 0);
  });
  it("is undone when it is deleted, or replaced by something else", () => {
    assert.deepEqual(new Desk().insert().replace(code, "").wait(rules.settleMs).told, ["undone"]);
    const other = "class Queue<T> {}\n";
    assert.deepEqual(new Desk().insert().replace(code, other).wait(rules.settleMs).told, ["undone"]);
  });
  it("is undone when Undo brings back what it replaced, however alike the two are", () => {
    const old = code.replace("2 * n", "n + n");
    assert.deepEqual(new Desk().insert(code, old).replace(code, old, true).wait(rules.settleMs).told, ["undone"]);
    assert.deepEqual(new Desk().insert(code, old).replace("2 * n", "n + n").wait(rules.settleMs).told, ["undone"]);
  });
  it("is undone by Undo whatever that brings back, and edited when the same is written by hand", () => {
    const alike = code.replace("2 * n", "n + n");
    const made = (undo: boolean) => new Desk().insert().replace(code, alike, undo).wait(rules.keptMs).told;
    assert.deepEqual([made(true), made(false)], [["undone"], ["edited"]]);
  });
  it("is undone when it is deleted piece by piece", () => {
    const desk = new Desk().insert();
    for (const line of code.split(/(?<=\n)/)) desk.replace(line, "").wait(100);
    assert.deepEqual(desk.wait(rules.settleMs).told, ["undone"]);
  });
  it("is still there when it is redone, or cut and pasted elsewhere", () => {
    const redone = new Desk().insert().replace(code, "", true).wait(500);
    redone.edit({ rangeOffset: at, rangeLength: 0, text: code });
    assert.deepEqual(redone.wait(rules.keptMs).told, ["kept"]);
    const moved = new Desk().insert().replace(code, "").wait(500);
    moved.edit({ rangeOffset: 0, rangeLength: 0, text: `// moved\n${code}` }, false, "b");
    assert.deepEqual(moved.wait(rules.keptMs).told, ["kept"]);
    moved.edit({ rangeOffset: 0, rangeLength: 200, text: "" }, true, "b");
    assert.deepEqual(moved.wait(rules.settleMs).told, ["kept", "undone"], "and is followed there");
  });
  it("is kept when the document is saved with it", () => {
    assert.deepEqual(new Desk().insert().save().told, ["kept"]);
  });
  it("is kept after a while without a save, and told so once", () => {
    const desk = new Desk().insert();
    assert.deepEqual(desk.wait(rules.keptMs - 1).told, []);
    assert.deepEqual(desk.wait(1).save().wait(rules.followMs).told, ["kept"]);
    assert.equal(desk.followed.size, 0);
  });
  it("is kept, not edited, when a formatter changed its white space, or the rest of the document", () => {
    const desk = new Desk().insert().replace("  return", "\treturn").replace("const z = 26;", "const z = 27;");
    assert.deepEqual(desk.save().told, ["kept"]);
    const all = new Desk().insert();
    const whole = all.texts.get("a")!;
    all.edit({ rangeOffset: 0, rangeLength: whole.length, text: whole.replaceAll("  ", "\t") });
    assert.deepEqual(all.wait(rules.settleMs).save().told, ["kept"]);
  });
  it("is edited when it is saved with a part of it changed", () => {
    const desk = new Desk().insert().replace("twice", "double").wait(rules.settleMs);
    assert.deepEqual(desk.told, [], "nobody has said yet that it shall be so");
    assert.deepEqual(desk.save().told, ["edited"]);
  });
  it("is edited after a while without a save", () => {
    assert.deepEqual(new Desk().insert().replace("twice", "double").wait(rules.keptMs).told, ["edited"]);
  });
  it("counts as what was made of it last when that is worse: saved, then undone", () => {
    const desk = new Desk().insert().save().wait(60_000).replace(code, "", true).wait(rules.settleMs);
    assert.deepEqual(desk.told, ["kept", "undone"]);
  });
  it("never becomes better again", () => {
    const desk = new Desk().insert().replace("twice", "double").save().replace("double", "twice").save();
    assert.deepEqual(desk.wait(rules.followMs).told, ["edited"]);
  });
  it("has errors when some appear in it that weren't there, and last", () => {
    const desk = new Desk().insert();
    const show = (...errors: string[]) => {
      desk.errors.set("a", errors);
      desk.followed.errorsChanged("a", desk.now);
    };
    show("old");
    assert.deepEqual(desk.wait(rules.settleMs).told, []);
    show("old", "passing");
    desk.wait(500);
    show("old");
    assert.deepEqual(desk.wait(rules.settleMs).told, []);
    show("old", "new");
    assert.deepEqual(desk.wait(rules.settleMs).told, ["diagnostics"]);
    show("old", "new", "newer");
    assert.deepEqual(desk.wait(rules.settleMs).told, ["diagnostics"]);
  });
  it("isn't blamed for errors after somebody changed it, or wrote above it", () => {
    for (const mine of [new Desk().insert().replace("return", "retrun"), new Desk().insert().replace("const a", "{")]) {
      mine.errors.set("a", ["new"]);
      mine.followed.errorsChanged("a", mine.now);
      assert.deepEqual(mine.wait(rules.settleMs).told, []);
    }
  });
  it("says nothing when its document is closed", () => {
    const desk = new Desk().insert();
    desk.texts.delete("a");
    desk.followed.closed("a");
    assert.equal(desk.followed.size, 0);
    assert.deepEqual(desk.wait(rules.followMs).told, []);
  });
  it("is followed though several cursors delete at once, told in whatever order", () => {
    for (const order of [(c: Change[]) => c, (c: Change[]) => c.reverse()]) {
      const desk = new Desk().insert();
      const changes = [0, at - 3].map((rangeOffset) => ({ rangeOffset, rangeLength: 3, text: "" }));
      desk.texts.set("a", lastFirst(changes).reduce(edited, desk.texts.get("a")!));
      desk.followed.changed("a", order(changes), false, 0);
      assert.deepEqual(desk.save().told, ["kept"]);
      desk.replace("twice", "double");
      assert.deepEqual(desk.save().told, ["kept", "edited"]);
    }
  });
  it("is followed for a time only: who deletes it later has kept it", () => {
    const desk = new Desk().insert().wait(rules.followMs);
    assert.deepEqual(desk.replace(code, "", true).wait(rules.followMs).told, ["kept"]);
  });
  it("is one of so many: the oldest is judged when one more comes, and what is blank or endless is none", () => {
    const desk = new Desk({ most: 2 });
    const told: Signal[][] = [[], [], []];
    for (const one of told) desk.insert(code, "", one);
    assert.equal(desk.followed.size, 2);
    assert.deepEqual(told, [["kept"], [], []]);
    const none = new Desk({ maxChars: 100 }).insert(" \n").insert("x".repeat(101));
    assert.equal(none.followed.size, 0);
    assert.equal(none.insert("x".repeat(100)).followed.size, 1);
  });
});

describe("the place of a text", () => {
  const around = fc.tuple(
    fc.string({ maxLength: 30 }),
    fc.string({ minLength: 1, maxLength: 30 }),
    fc.string({ maxLength: 30 }),
  );
  const place = fc.tuple(fc.nat(100), fc.nat(100), fc.string({ maxLength: 10 }));
  /** A change somewhere in `length` characters. */
  const change = ([from, n, text]: [number, number, string], length: number): Change => {
    const rangeOffset = from % (length + 1);
    return { rangeOffset, rangeLength: n % (length - rangeOffset + 1), text };
  };

  it("holds the same text after any change before or after it", () => {
    fc.assert(
      fc.property(around, fc.array(fc.tuple(fc.boolean(), place)), ([left, text, right], edits) => {
        let all = left + text + right;
        let span = { start: left.length, end: left.length + text.length };
        for (const [after, raw] of edits) {
          const inside = change(raw, after ? all.length - span.end : span.start);
          const one = after ? { ...inside, rangeOffset: inside.rangeOffset + span.end } : inside;
          all = edited(all, one);
          span = moved(span, one);
        }
        assert.equal(all.slice(span.start, span.end), text);
      }),
    );
  });
  it("stays within the document and keeps all that is left of the text, whatever is changed", () => {
    fc.assert(
      fc.property(around, fc.array(place), ([left, , right], edits) => {
        const text = "\u{1F4CD}".repeat(5); // of which no other text here has any
        let all = left + text + right;
        let span = { start: left.length, end: left.length + text.length };
        for (const raw of edits) {
          const one = change(raw, all.length);
          if (/[\u{D800}-\u{DFFF}]/u.test(one.text)) continue;
          all = edited(all, one);
          span = moved(span, one);
          assert.ok(0 <= span.start && span.start <= span.end && span.end <= all.length);
        }
        const rest = all.slice(0, span.start) + all.slice(span.end);
        assert.doesNotMatch(rest, /\uD83D|\uDCCD/);
      }),
    );
  });
  it("is right for several cursors at once", () => {
    const changes = [3, 9, 6].map((rangeOffset) => ({ rangeOffset, rangeLength: 0, text: "--" }));
    const span = lastFirst(changes).reduce(moved, { start: 7, end: 9 });
    assert.deepEqual(span, { start: 11, end: 13 });
    assert.equal(lastFirst(changes).reduce(edited, "0123456789").slice(span.start, span.end), "78");
  });
});

describe("what became of a text", () => {
  it("is kept however its white space and surroundings change, and undone when nothing is left", () => {
    const lines = fc.array(fc.constantFrom("if (a) {", "return b;", "}", "call(x, 1);"), { minLength: 1 });
    fc.assert(
      fc.property(lines, fc.constantFrom("\n", "\r\n  ", " "), (all, gap) => {
        assert.equal(fateOf(all.join("\n"), `// before${gap}${all.join(gap)}${gap}after();`), "kept");
        assert.equal(fateOf(all.join("\n"), gap), "undone");
      }),
    );
  });
  it("is edited as long as a good part of its words stand", () => {
    assert.equal(fateOf(code, code.replaceAll("n", "value")), "edited");
    assert.equal(fateOf(code, "// twice"), "undone");
  });
});
