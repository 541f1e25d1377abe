import assert from "node:assert/strict";
import {
  again,
  applyEvent,
  ask,
  type Conversation,
  empty,
  messages,
  restore,
  resume,
} from "../../webview/chat/conversation.ts";
import { Recall } from "../../webview/chat/recall.ts";

const limits = { turns: 4, chars: 1_000 };
const stopped = { kind: "stopped" } as const;

const asking = (question: string) => ({ question, model: "switchyard/auto", attached: [] });

function answered(c: Conversation, id: string, question: string, answer: string): void {
  const turn = ask(c, id, asking(question), limits);
  applyEvent(turn, { type: "text", text: answer });
  turn.end = stopped;
}

describe("a conversation", () => {
  it("sends what went before, without questions that got no answer", () => {
    const c = empty("s");
    answered(c, "1", "one?", "One.");
    answered(c, "2", "two?", "");
    ask(c, "3", asking("three?"), limits);
    assert.deepEqual(messages(c), [
      { role: "user", content: "one?" },
      { role: "assistant", content: "One." },
      { role: "user", content: "three?" },
    ]);
  });
  it("drops the oldest beyond its limits and counts them, but never the last", () => {
    const c = empty("s");
    for (const id of ["1", "2", "3", "4", "5"]) answered(c, id, id, "x");
    assert.deepEqual(
      c.turns.map((t) => t.id),
      ["2", "3", "4", "5"],
    );
    ask(c, "6", asking("long".repeat(1_000)), limits);
    assert.deepEqual(
      c.turns.map((t) => t.id),
      ["6"],
    );
    assert.equal(c.dropped, 5);
  });
  it("asks again in place", () => {
    const c = empty("s");
    answered(c, "1", "one?", "One.");
    again(c.turns[0]!, "1b", { model: "large", attached: ["a.ts"] });
    assert.deepEqual(messages(c), [{ role: "user", content: "one?" }]);
    assert.equal(c.turns[0]!.text, "");
    assert.equal(c.turns[0]!.end, null);
    assert.deepEqual(c.turns[0]!.attached, ["a.ts"]);
  });
  it("catches up with an answer that ran while the page was hidden, and ends one that nobody runs", () => {
    const c = empty("s");
    answered(c, "1", "one?", "One.");
    applyEvent(ask(c, "2", asking("two?"), limits), { type: "text", text: "Half an ans" });
    ask(c, "3", asking("three?"), limits);
    const told = { id: "2", model: "m", reason: "r", waiting: null, text: "A whole answer.", reasoning: "", end: null };
    resume(c, [told]);
    assert.equal(c.turns[0]!.text, "One.");
    assert.equal(c.turns[1]!.text, "A whole answer.");
    assert.equal(c.turns[1]!.end, null);
    assert.equal(c.turns[2]!.end?.kind, "failed");
  });
  it("takes the host's word for an answer whose last pieces came without those before", () => {
    const c = empty("s");
    answered(c, "1", "one?", "One, and then a gap, five.");
    const told = { id: "1", model: "m", reason: "r", waiting: null, text: "One to five.", reasoning: "", end: stopped };
    assert.deepEqual(resume(c, [told]), [c.turns[0]]);
    assert.equal(c.turns[0]!.text, "One to five.");
  });
  it("is restored from what was kept, and not from anything else", () => {
    const c = empty("s");
    answered(c, "1", "one?", "One.");
    assert.deepEqual(restore(JSON.parse(JSON.stringify(c))), c);
    for (const other of [undefined, null, 3, {}, { session: "s", turns: [{}], dropped: 0 }, { session: "s", turns: 1 }])
      assert.equal(restore(other), null);
  });
});

describe("recalling questions", () => {
  it("goes up to the oldest and down to what was being written", () => {
    const recall = new Recall(() => ["a", "b"]);
    assert.equal(recall.down(), null);
    assert.equal(recall.up("draft"), "b");
    assert.equal(recall.up("b"), "a");
    assert.equal(recall.up("a"), null);
    assert.equal(recall.down(), "b");
    assert.equal(recall.down(), "draft");
    assert.equal(recall.down(), null);
  });
  it("starts again after a question was sent", () => {
    const questions = ["a"];
    const recall = new Recall(() => questions);
    recall.up("");
    recall.reset();
    questions.push("b");
    assert.equal(recall.up(""), "b");
  });
});
