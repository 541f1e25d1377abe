import assert from "node:assert/strict";
import type { Receipt } from "../../server/protocol/editor.ts";
import { askingAgain, sameQuestion } from "../../webview/chat/again.ts";
import { ask, empty, messages, type Turn } from "../../webview/chat/conversation.ts";
import { readQuestion, slashes, slashesFor } from "../../webview/chat/slash.ts";

const limits = { turns: 4, chars: 1_000 };

function turn(asked: string, status: Receipt["status"] | "running" = "ok"): Turn {
  const one = ask(empty("s"), "1", { question: "Why?", model: asked, attached: [] }, limits);
  if (status !== "running") one.end = { kind: "receipt", receipt: { trace: "t", status } as Receipt };
  return one;
}
const signal = (asked: string, now: string): string | undefined => askingAgain(turn(asked), now)?.signal;

describe("asking again", () => {
  it("says that the answer wasn't good enough, and whether a better model was wanted", () => {
    assert.deepEqual(askingAgain(turn("switchyard/auto"), "switchyard/auto"), { trace: "t", signal: "retried" });
    assert.equal(signal("switchyard/auto", "switchyard/best"), "escalated");
    assert.equal(signal("small", "large"), "escalated");
    assert.equal(signal("switchyard/best", "switchyard/best"), "retried");
  });
  it("isn't asking for better when it is for a faster or a local model", () => {
    for (const now of ["switchyard/fast", "switchyard/local", "switchyard/auto"])
      assert.equal(signal("large", now), "retried");
  });
  it("says nothing of an answer that failed, was stopped or still runs", () => {
    for (const status of ["error", "cancelled", "running"] as const)
      assert.equal(askingAgain(turn("switchyard/auto", status), "switchyard/best"), null);
  });
  it("is noticed in a question that is written once more", () => {
    assert.ok(sameQuestion("What is  a list?\n", "what is a list?"));
    assert.ok(!sameQuestion("What is a list?", "What is a tree?"));
  });
});

describe("a slash command", () => {
  it("names the task, and is read by the model as a sentence", () => {
    assert.deepEqual(readQuestion("/explain"), { text: "Explain this.", task: "explain" });
    assert.deepEqual(readQuestion(" /doc "), { text: "Write documentation comments for this.", task: "document" });
    assert.deepEqual(readQuestion("/commit the parser"), {
      text: "Write a commit message: the parser",
      task: "commit-message",
    });
    assert.deepEqual(readQuestion("/fix\n- line 3: no such name"), {
      text: "Fix this:\n- line 3: no such name",
      task: "fix",
    });
  });
  it("is one only at the start, in full, and known", () => {
    for (const text of ["/explained", "/etc/hosts is what?", "What does /fix do?", "/unknown it", "/"])
      assert.deepEqual(readQuestion(text), { text, task: null });
  });
  it("is what is sent, now and as history, while what was written is shown", () => {
    const c = empty("s");
    const first = ask(c, "1", { question: "/explain", model: "m", attached: [] }, limits);
    first.text = "It is a list.";
    ask(c, "2", { question: "/test with mocha", model: "m", attached: [] }, limits);
    assert.equal(first.question, "/explain");
    assert.deepEqual(
      messages(c).map((m) => m.content),
      ["Explain this.", "It is a list.", "Write tests: with mocha"],
    );
  });
  it("is offered while it is begun, and no longer", () => {
    assert.equal(slashesFor("/").length, slashes.length);
    assert.deepEqual(
      slashesFor("/s").map((s) => s.name),
      ["shell", "search"],
    );
    for (const text of ["", "x", "/explain ", " /", "/zzz"]) assert.deepEqual(slashesFor(text), []);
  });
});
