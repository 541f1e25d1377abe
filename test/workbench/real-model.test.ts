import assert from "node:assert/strict";
import {
  ask,
  editorText,
  ghostText,
  goToEnd,
  lastTurn,
  notification,
  openChat,
  openFile,
  statusItem,
  textOf,
} from "../support/editor.ts";
import { skip } from "../support/skip.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

const file = [
  "/** Returns the text with its characters in the opposite order. */",
  "export function reverseString(text: string): string {",
  '  return text.split("").reverse().join("");',
  "}",
  "",
  "/** Returns the largest of the numbers. */",
  "export function largest(list: number[]): number {",
  "  return Math.max(...list);",
  "}",
  "",
  "/** Returns the smallest of the numbers. */",
  "export function smallest(list: number[]): number {",
  "",
].join("\n");

describe("SmolLM2 in a clean profile", function () {
  this.timeout(180_000);
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async () => {
    workbench = await openWorkbench({ files: { "numbers.ts": file } });
  });
  after(() => workbench?.close());

  it("is pulled, and the engine installed, by one click", async function () {
    const { page } = workbench;
    await notification(page, "found no model").getByRole("button", { name: "Pull Local Model" }).click();
    const ready = notification(page, "is ready");
    const failed = notification(page, "Copy Command");
    await ready.or(failed).first().waitFor({ timeout: 170_000 });
    if ((await failed.count()) > 0) {
      await workbench.screenshot("real-model-not-pulled");
      skip(this, `the model or its engine could not be fetched: ${await textOf(failed.first())}`);
    }
    await statusItem(page, /saved/).waitFor();
  });

  it("answers in the chat", async function () {
    if ((await statusItem(workbench.page, /saved/).count()) === 0) skip(this, "there is no model");
    const chat = await openChat(workbench.page);
    await ask(chat, "What does the reverse method of an array do?");
    const turn = lastTurn(chat);
    await turn.locator(".footer summary").waitFor({ timeout: 120_000 });
    assert.match(await textOf(turn.locator(".markdown")), /revers|array/i);
    assert.match(await textOf(turn.locator(".footer summary")), /smollm2/);
    await workbench.screenshot("real-model-chat");
  });

  it("writes ghost text in a TypeScript file", async function () {
    const { page } = workbench;
    if ((await statusItem(page, /saved/).count()) === 0) skip(this, "there is no model");
    await openFile(page, "numbers.ts");
    await goToEnd(page);
    await page.keyboard.type("  return ");
    await ghostText(page).first().waitFor({ timeout: 60_000 });
    await workbench.screenshot("real-model-ghost-text");
    await page.keyboard.press("Tab");
    await ghostText(page).first().waitFor({ state: "detached" });
    assert.match(await editorText(page), /return Math\.min\(/);
    await workbench.screenshot("real-model-after-tab");
    const trace = await workbench.trace("of the completion", (t) => t.kind === "completion" && t.status === "ok");
    assert.ok((trace.usage?.output ?? 0) > 0);
  });
});
