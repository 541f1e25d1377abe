import assert from "node:assert/strict";
import type * as vscode from "vscode";
import { Answers } from "../../extension/chat/answers.ts";
import { linkOf } from "../../extension/page/link.ts";
import { startOf } from "../../extension/stats/report.ts";
import type { State } from "../../server/protocol/editor.ts";
import { chatFromPage } from "../../server/protocol/webview.ts";

function source(): vscode.CancellationTokenSource & { cancelled: boolean } {
  const fake = { cancelled: false, cancel: () => {}, dispose: () => {}, token: {} as vscode.CancellationToken };
  fake.cancel = () => {
    fake.cancelled = true;
  };
  return fake;
}

describe("answers while the page is hidden", () => {
  it("are told again from the start, with how they ended", () => {
    const answers = new Answers();
    answers.start("a", source());
    answers.event("a", { type: "model", model: "small", reason: "simple" });
    answers.event("a", { type: "waiting", why: "loading" });
    answers.event("a", { type: "text", text: "Hel" });
    answers.event("a", { type: "text", text: "lo" });
    answers.end("a", { kind: "stopped" });
    assert.deepEqual(answers.all(), [
      {
        id: "a",
        model: "small",
        reason: "simple",
        waiting: null,
        text: "Hello",
        reasoning: "",
        end: { kind: "stopped" },
      },
    ]);
  });
  it("are bounded, but one that runs is never dropped", () => {
    const answers = new Answers();
    answers.start("runs", source());
    for (let i = 0; i < 50; i++) {
      answers.start(`a${i}`, source());
      answers.end(`a${i}`, { kind: "stopped" });
    }
    assert.ok(answers.all().length <= 8);
    assert.ok(answers.has("runs") && answers.has("a49") && !answers.has("a0"));
  });
  it("are stopped while they run, and not after", () => {
    const answers = new Answers();
    const [running, ended] = [source(), source()];
    answers.start("a", running);
    answers.start("b", ended);
    answers.end("b", { kind: "stopped" });
    answers.stopAll();
    assert.deepEqual([running.cancelled, ended.cancelled], [true, false]);
  });
});

describe("the daemon's state on a page", () => {
  const daemon = { models: [{}], problems: [] } as unknown as State;
  const noModel = { code: "no-model", message: "There is no model yet.", action: "pull-model" } as const;
  it("lets a question be asked when something can answer it, or will", () => {
    assert.equal(linkOf({ kind: "ready", daemon }).able, true);
    assert.equal(linkOf({ kind: "starting", what: "Starting the daemon…" }).able, true);
    assert.equal(linkOf({ kind: "config-fault", daemon, message: "line 3" }).able, true);
    assert.equal(linkOf({ kind: "config-fault", daemon: null, message: "line 3" }).able, false);
    assert.equal(linkOf({ kind: "no-model", daemon, problem: noModel }).able, false);
    assert.equal(linkOf({ kind: "stopped", reason: "gone" }).able, false);
  });
  it("is never without words when something is wrong", () => {
    assert.notEqual(linkOf({ kind: "no-model", daemon, problem: noModel }).message, "");
    assert.equal(linkOf({ kind: "stopped", reason: "gone" }).message, "gone");
  });
});

describe("the period of a report", () => {
  it("begins at midnight of this machine's time zone, today among its days", () => {
    const now = new Date(2026, 10, 21, 14, 30);
    assert.deepEqual(startOf("today", now), new Date(2026, 10, 21));
    assert.deepEqual(startOf("7d", now), new Date(2026, 10, 15));
    assert.deepEqual(startOf("30d", now), new Date(2026, 9, 23));
    assert.equal(startOf("all", now), null);
  });
});

describe("what a page sends", () => {
  it("is refused when it is not one of the known messages", () => {
    const messages = [{ role: "user", content: "x" }];
    const good = { type: "send", id: "1", session: "s", model: "m", messages, fresh: false, task: null, again: null };
    assert.ok(chatFromPage.safeParse(good).success);
    assert.ok(chatFromPage.safeParse({ type: "not-asked", trace: "t" }).success);
    assert.ok(!chatFromPage.safeParse({ type: "not-asked", trace: "" }).success);
    for (const bad of [
      null,
      {},
      { type: "eval", code: "1" },
      { ...good, messages: [] },
      { ...good, fresh: "yes" },
      { ...good, task: "mischief" },
      { ...good, again: { trace: "t", signal: "kept" } },
      { type: "act", action: "rm" },
    ])
      assert.ok(!chatFromPage.safeParse(bad).success, JSON.stringify(bad));
  });
});
