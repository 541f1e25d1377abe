import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import {
  answerQuestion,
  ask,
  chooseModel,
  editorText,
  goToEnd,
  lastTurn,
  openChat,
  openFile,
  runCommand,
  statusItem,
  textOf,
  untilChosen,
} from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

const answer = [
  "Here is a **short** function:\n\n```ts\n",
  "export function twice(n: number): number {\n",
  "  return 2 * n;\n}\n",
  "```\n\nIt doubles what it is given.",
];

describe("the chat view", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);
  let chat: Frame;

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    workbench = await openWorkbench({ config: townConfig({ gpu, cloud }), env: townEnv });
    chat = await openChat(workbench.page);
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
    await cloud?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    gpu.clear();
    cloud.clear();
  });

  it("streams an answer, and says under it which model it was, how long it took and what it cost", async () => {
    gpu.script = () => ({ chunks: answer, gapMs: 20 });
    await openFile(workbench.page, "board.ts");
    await ask(chat, "Write a function that doubles a number.");
    const turn = lastTurn(chat);
    await turn.locator(".footer summary").waitFor();
    assert.match(await textOf(turn.locator(".markdown")), /short function[\s\S]*return 2 \* n;[\s\S]*It doubles/);
    assert.equal(await textOf(turn.locator(".markdown strong")), "short");
    const line = await textOf(turn.locator(".footer summary"));
    assert.match(line, /small/);
    assert.match(line, /total \d/);
    assert.match(line, /free/);
    await workbench.screenshot("chat-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("chat-light");
    await workbench.setTheme("dark");
  });

  it("puts code at the cursor of the editor when Insert is clicked", async () => {
    await openFile(workbench.page, "timetable.ts");
    await goToEnd(workbench.page);
    await lastTurn(chat).getByRole("button", { name: "Insert" }).click();
    await workbench.page.locator(".view-line", { hasText: "function twice" }).waitFor();
    assert.match(await editorText(workbench.page), /return 2 \* n;/);
  });

  it("copies code when Copy is clicked", async () => {
    await lastTurn(chat).getByRole("button", { name: "Copy" }).click();
    await lastTurn(chat).getByRole("button", { name: "Copied" }).waitFor();
    await workbench.page.waitForFunction('navigator.clipboard.readText().then((text) => text.includes("twice"))');
    await goToEnd(workbench.page);
    await workbench.page.keyboard.press("Enter");
    await workbench.page.keyboard.press("ControlOrMeta+V");
    await workbench.page.locator(".view-line", { hasText: "function twice" }).nth(1).waitFor();
  });

  it("stops a running answer at the model's socket when Stop is clicked", async () => {
    gpu.script = () => ({ chunks: Array.from({ length: 500 }, (_, i) => `word${i} `), gapMs: 50 });
    await ask(chat, "Count for a long time.");
    await lastTurn(chat).locator(".markdown", { hasText: "word3" }).waitFor();
    const hint = chat.getByRole("status").filter({ hasText: "Enter sends again when this answer has ended" });
    await hint.waitFor();
    await chat.getByRole("button", { name: "Stop (Escape)" }).click();
    await gpu.untilClosed(1);
    await hint.waitFor({ state: "hidden" });
    await lastTurn(chat)
      .getByText(/stopped/i)
      .first()
      .waitFor();
    const trace = await workbench.trace("that was cancelled", (t) => t.status === "cancelled");
    assert.equal(trace.surface, "editor");
  });

  it("asks again when Retry is clicked", async () => {
    gpu.script = () => ({ chunks: ["Second", " thoughts."] });
    await lastTurn(chat).getByRole("button", { name: "Retry" }).click();
    await lastTurn(chat).getByText("Second thoughts.").waitFor();
    assert.equal(gpu.calls.length, 1);
  });

  it("lets the person name the model, and puts its price into the status bar", async () => {
    await chooseModel(chat, "large");
    await ask(chat, "Hello there.");
    await lastTurn(chat).locator(".footer summary").waitFor();
    assert.match(await textOf(lastTurn(chat).locator(".footer summary")), /large[\s\S]*\$0\.0005[67]/);
    assert.equal(cloud.calls.length, 1);
    const item = statusItem(workbench.page, /\$0\.0005[67]/);
    await item.waitFor();
    await item.hover();
    await workbench.page.locator(".workbench-hover", { hasText: "Spent" }).waitFor();
    await workbench.screenshot("meter");
    await chooseModel(chat, "switchyard/auto");
  });

  it("is answered by the model that Pick Model chose", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Pick Model");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "large-model" }).waitFor();
    await answerQuestion(page, "large");
    await untilChosen(chat, "large");
    await ask(chat, "Who are you?");
    await lastTurn(chat).locator(".footer summary", { hasText: "large" }).waitFor();
    assert.deepEqual([cloud.calls.length, gpu.calls.length], [1, 0]);
    await runCommand(page, "Switchyard: Pick Model");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "large-model" }).waitFor();
    await answerQuestion(page, "switchyard/auto");
    await untilChosen(chat, "switchyard/auto");
  });

  it("says what went wrong and what to do when no model answers", async () => {
    gpu.script = () => ({ status: 500, body: '{"error":{"message":"out of memory"}}' });
    cloud.script = () => ({ status: 500, body: '{"error":{"message":"down for repairs"}}' });
    await ask(chat, "Hello again.");
    await lastTurn(chat).locator(".notice.error").waitFor();
    await workbench.screenshot("chat-error");
  });
});
