import assert from "node:assert/strict";
import type { Frame, Locator, Page } from "playwright-core";
import type { Signal, Trace } from "../../server/protocol/trace.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import {
  ask,
  editor,
  editorText,
  ghostText,
  goToEnd,
  lastTurn,
  lineUnder,
  openChat,
  openFile,
  runCommand,
  textOf,
  webview,
} from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

const code = "export function twice(n: number): number {\n  return 2 * n;\n}\n";
const answer = ["Here it is:\n\n```ts\n", code, "```\n"];

describe("what a person does with an answer", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  let page: Page;
  let chat: Frame;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    answerWith(answer);
    workbench = await openWorkbench({
      config: townConfig({ gpu, cloud }),
      env: townEnv,
      files: {
        "queue.ts": "const queue = [3, 1, 2];\n",
        "stack.ts": "const stack = [3];\n",
        "wrong.json": '{ "a": }\n',
      },
    });
    page = workbench.page;
    chat = await openChat(page);
  });
  after(async () => {
    await workbench?.close();
    for (const upstream of [gpu, cloud]) await upstream?.[Symbol.asyncDispose]();
  });

  /** Which model answers is not for this test to say: what it does is learned from. */
  function answerWith(chunks: readonly string[], gapMs = 1): void {
    for (const upstream of [gpu, cloud]) upstream.script = () => ({ chunks, gapMs });
  }
  /** Asks, and gives the answer's trace. */
  async function asked(question: string): Promise<string> {
    const turns = await chat.locator(".turn").count();
    await ask(chat, question);
    await chat.locator(".turn").nth(turns).locator(".footer summary").waitFor();
    return newest();
  }
  async function newest(): Promise<string> {
    const [trace] = await workbench.traces();
    assert.ok(trace);
    return trace.id;
  }
  const toldOf = (id: string, signal: Signal): Promise<Trace> =>
    workbench.trace(`${id} with ${signal}`, (t) => t.id === id && has(t, signal));
  const has = (t: Trace, signal: Signal): boolean => t.feedback?.signals.some((s) => s.signal === signal) ?? false;

  async function insertInto(file: string): Promise<void> {
    await openFile(page, file);
    await goToEnd(page);
    await lastTurn(chat).getByRole("button", { name: "Insert" }).click();
    await page.locator(".view-line", { hasText: "function twice" }).waitFor();
  }

  it("is kept: the inserted code is saved with the file", async () => {
    const trace = await asked("Write a function that doubles a number.");
    await insertInto("stack.ts");
    await page.keyboard.press("ControlOrMeta+S");
    const { feedback } = await toldOf(trace, "kept");
    assert.equal(feedback?.reward, 1);
  });

  it("is undone: Undo takes the inserted code away again", async () => {
    const trace = await asked("Write it again, please, as a function.");
    await insertInto("queue.ts");
    await page.keyboard.press("ControlOrMeta+Z");
    await page.locator(".view-line", { hasText: "function twice" }).waitFor({ state: "detached" });
    assert.doesNotMatch(await editorText(page), /twice/);
    const { feedback } = await toldOf(trace, "undone");
    assert.equal(feedback?.reward, 0);
  });

  it("is undone while the answer still runs, and told once that has a trace", async () => {
    const words = Array.from({ length: 600 }, (_, i) => `word${i} `); // a minute: it runs until it is stopped
    answerWith([...answer, "\n", ...words], 100);
    await ask(chat, "Write it with a long explanation.");
    await lastTurn(chat).getByText("word1").waitFor();
    await insertInto("queue.ts");
    await page.keyboard.press("ControlOrMeta+Z");
    await page.locator(".view-line", { hasText: "function twice" }).waitFor({ state: "detached" });
    await chat.getByRole("button", { name: "Stop (Escape)" }).click();
    await lineUnder(chat);
    answerWith(answer);
    await toldOf(await newest(), "undone");
  });

  it("is asked again by writing the same question once more", async () => {
    const first = await asked("What is a stack?");
    await asked("what is  a stack?");
    await toldOf(first, "retried");
  });

  it("is asked again with Retry, by keys alone, and each button has a name to be read aloud", async () => {
    const first = await asked("What is a queue?");
    const input = chat.getByRole("textbox", { name: "Question", exact: true });
    await input.focus();
    const focused = (): Promise<string | null> =>
      chat.evaluate(
        'document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? null',
      );
    const passed: (string | null)[] = [];
    for (let left = 20; left > 0 && passed.at(-1) !== "Retry"; left--) {
      await page.keyboard.press("Shift+Tab");
      passed.push(await focused());
    }
    assert.ok(passed.includes("Better answer") && passed.includes("Retry"), passed.join(", "));
    await page.keyboard.press("Enter");
    await toldOf(first, "retried");
    await lineUnder(chat);
    assert.notEqual(await newest(), first);
    assert.equal(await focused(), "Question", "the person writes on");
  });

  it("is asked of a better model, which answers in place", async () => {
    const first = await newest();
    const calls = cloud.calls.length;
    await workbench.screenshot("chat-again-dark");
    await lastTurn(chat).getByRole("button", { name: "Better answer" }).click();
    const { feedback } = await toldOf(first, "escalated");
    assert.equal(feedback?.reward, 0);
    await lastTurn(chat).locator(".footer summary", { hasText: "large" }).waitFor();
    assert.equal(cloud.calls.length, calls + 1);
    assert.equal(await lastTurn(chat).getByRole("button", { name: "Better answer" }).count(), 0);
  });

  it("is a suggestion that is accepted and then undone", async () => {
    answerWith(["queue.slice().sort();"]);
    await openFile(page, "queue.ts");
    await goToEnd(page);
    await page.keyboard.type("const sorted = ");
    await ghostText(page).first().waitFor();
    await page.keyboard.press("Tab");
    await ghostText(page).first().waitFor({ state: "detached" });
    await page.keyboard.press("ControlOrMeta+Z");
    await workbench.trace("of the suggestion, undone", (t) => t.kind === "completion" && has(t, "undone"));
    answerWith(answer);
  });

  it("is code with errors that weren't there before", async () => {
    answerWith(["```json\n", '{ "b": [1, }\n', "```\n"]);
    const trace = await asked("Write some JSON.");
    await openFile(page, "wrong.json");
    await goToEnd(page);
    await lastTurn(chat).getByRole("button", { name: "Insert" }).click();
    await page.locator(".view-line", { hasText: '"b"' }).waitFor();
    const { feedback } = await toldOf(trace, "diagnostics");
    assert.equal(feedback?.reward, 0.3);
    answerWith(answer);
  });

  it("is learned from, and Routing Stats shows what for each task and model", async () => {
    await runCommand(page, "Switchyard: Routing Stats");
    const stats = await webview(page, ".learned tbody tr");
    const rows = stats.locator(".learned tbody tr");
    assert.match((await rows.allTextContents()).join("\n"), /(small|large).*worse than expected/);
    await stats.locator(".learned").scrollIntoViewIfNeeded();
    await stats.locator(".learned .buttons").scrollIntoViewIfNeeded();
    await workbench.screenshot("stats-learned-dark");
    await workbench.setTheme("light");
    await stats.locator(".learned .buttons").scrollIntoViewIfNeeded();
    await workbench.screenshot("stats-learned-light");
    await workbench.setTheme("dark");
  });

  it("stands with the request in Request Timings", async () => {
    await runCommand(page, "Switchyard: Request Timings");
    const timings = await webview(page, ".waterfall");
    const undone = (await workbench.traces()).find((t) => t.kind === "chat" && has(t, "undone"));
    await timings.locator(`[role="option"][data-id="${undone?.id}"]`).click();
    const details = timings.locator("main.details");
    await details.locator("h3", { hasText: "What you did with it" }).waitFor();
    assert.match(await textOf(details), /undone or deleted[\s\S]*Reward0 of 100/);
    assert.match(await textOf(details), /Expected to answer wellweak model \d+ %, strong model \d+ %/);
    await details.locator("h3", { hasText: "What you did with it" }).scrollIntoViewIfNeeded();
    await workbench.screenshot("timings-feedback-dark");
  });

  it("is forgotten after one more question when that is wanted", async () => {
    await runCommand(page, "Switchyard: Reset What Was Learned");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await workbench.screenshot("reset-learned-dark");
    await dialog.getByRole("button", { name: "Reset", exact: true }).click();
    await runCommand(page, "Switchyard: Routing Stats");
    const stats = await webview(page, ".learned");
    await stats.locator(".learned .note", { hasText: "Nothing yet" }).waitFor();
    assert.match(await textOf(stats.locator(".learned .note")), /since the reset of/);
    assert.equal(await stats.locator(".learned tbody tr").count(), 0);
    await stats.locator(".learned").scrollIntoViewIfNeeded();
    await workbench.screenshot("stats-learned-empty-dark");
  });
});

describe("asking about code", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let workbench: Workbench;
  let page: Page;
  let chat: Frame;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    gpu.script = () => ({ chunks: ["It is a list."] });
    workbench = await openWorkbench({
      config: townConfig({ gpu, cloud: gpu }),
      env: townEnv,
      files: { "list.ts": "const list = [3, 1, 2];\n", "wrong.json": '{ "a": }\n' },
    });
    page = workbench.page;
    chat = await openChat(page);
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
  });
  beforeEach(() => gpu.clear());

  const selectAll = async (file: string): Promise<void> => {
    await openFile(page, file);
    await editor(page).locator(".view-lines").click();
    await page.keyboard.press("ControlOrMeta+A");
  };
  const taskOf = async (): Promise<string | undefined> => (await workbench.traces())[0]?.decision?.task;

  it("with a slash command that is found and completed by keys", async () => {
    const input = chat.getByRole("textbox", { name: "Question", exact: true });
    await input.click();
    await page.keyboard.type("/");
    const commands = chat.getByRole("listbox", { name: "Commands" });
    await commands.waitFor();
    assert.equal(await commands.getByRole("option").count(), 8);
    await workbench.screenshot("chat-slash-dark");
    await workbench.setTheme("light");
    await input.click();
    await page.keyboard.press("Backspace");
    await page.keyboard.type("/s");
    await commands.getByRole("option", { name: "/search" }).waitFor();
    await workbench.screenshot("chat-slash-light");
    await workbench.setTheme("dark");
    await input.click();
    await page.keyboard.press("Backspace");
    await page.keyboard.type("s");
    await page.keyboard.press("ArrowDown");
    assert.equal(await input.getAttribute("aria-activedescendant"), "slash-search");
    await page.keyboard.press("Tab");
    assert.equal(await input.inputValue(), "/search ");
    await page.keyboard.type("the parser");
    await page.keyboard.press("Enter");
    await lineUnder(chat);
    assert.match(gpu.calls.at(-1)!.text, /Find in the code: the parser/);
    assert.equal(await taskOf(), "search");
    assert.match(await textOf(lastTurn(chat).locator(".question")), /\/search the parser/);
  });

  /** Opens Switchyard's part of the menu at a place in the first line, once it is offered there, and points at `name`. */
  async function inMenu(name: string): Promise<Locator> {
    const ours = page.locator(".monaco-menu .action-item", { hasText: "Switchyard" });
    for (let left = 20; ; left--) {
      await editor(page)
        .locator(".view-line")
        .first()
        .click({ button: "right", position: { x: 30, y: 8 } });
      await page.locator(".monaco-menu .action-item", { hasText: "Command Palette" }).waitFor();
      if ((await ours.count()) > 0) break;
      assert.ok(left > 0, "Switchyard is in the menu");
      await page.keyboard.press("Escape");
    }
    await ours.hover();
    const item = page.locator(".monaco-submenu .action-item", { hasText: name });
    await item.waitFor();
    return item;
  }
  /** A menu that has just opened takes no click: it might be the one that opened it. */
  async function choose(item: Locator): Promise<void> {
    for (let left = 10; (await item.count()) > 0; left--) {
      assert.ok(left > 0, "the menu takes a click");
      await item.click({ timeout: 1_000 }).catch(() => {}); // it has closed meanwhile, or is looked at again
      await item.waitFor({ state: "detached", timeout: 1_000 }).catch(() => {});
    }
  }
  const lineUnderTurn = (n: number): Promise<void> =>
    chat
      .locator(".turn")
      .nth(n - 1)
      .locator(".footer summary")
      .waitFor();

  it("from the editor's menu, with what is selected", async () => {
    await selectAll("list.ts");
    const explain = await inMenu("Explain");
    await workbench.screenshot("editor-menu-dark");
    await choose(explain);
    await lineUnderTurn(2);
    assert.match(gpu.calls.at(-1)!.text, /const list = \[3, 1, 2\];[\s\S]*Explain this\./);
    assert.equal(await taskOf(), "explain");
    await workbench.screenshot("chat-explain-dark");
  });

  it("about an error at the cursor, whose words go along", async () => {
    await openFile(page, "wrong.json");
    const fix = await inMenu("Fix");
    assert.equal(await page.locator(".monaco-submenu .action-item", { hasText: "Write Tests" }).count(), 0);
    await choose(fix);
    await lineUnderTurn(3);
    assert.match(gpu.calls.at(-1)!.text, /\{ \\"a\\": \}[\s\S]*Fix this:\\n- line 1: /);
    assert.equal(await taskOf(), "fix");
    assert.deepEqual(
      await chat.locator(".composer .chip-name").allTextContents(),
      ["wrong.json"],
      "instead of what went before",
    );
  });
});
