import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import {
  answerQuestion,
  askAnew,
  lastTurn,
  lineUnder,
  notification,
  openChat,
  runCommand,
  textOf,
  webview,
} from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("a question that was answered before", function () {
  this.timeout(60_000);
  const question = "What is a list?";
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  let chat: Frame;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    gpu.script = () => ({ ttftMs: 300, gapMs: 150 });
    const config = townConfig({ gpu, cloud }, { cache: { exact: { enabled: true, anyTemperature: true } } });
    // Electricity has a price too: what memory saves is seen in the money.
    const small = { ...config.models!["small"]!, prices: { input: 2, output: 10 } };
    workbench = await openWorkbench({ config: { ...config, models: { ...config.models, small } }, env: townEnv });
    chat = await openChat(workbench.page);
  });
  after(async () => {
    await workbench?.close();
    for (const upstream of [gpu, cloud]) await upstream?.[Symbol.asyncDispose]();
  });

  it("is answered from memory, and the line under the answer says so", async () => {
    assert.doesNotMatch(await askAnew(workbench.page, chat, question), /memory/);
    assert.match(await askAnew(workbench.page, chat, question), /from memory, asked (\d+ s ago|just now)/);
    assert.match(await lineUnder(chat), /free.*saved ≈/);
    assert.equal(gpu.calls.length, 1);
    assert.equal(await lastTurn(chat).getByRole("button", { name: "Not what I asked" }).count(), 0);
    await workbench.screenshot("chat-memory-dark");
  });

  it("tells in the opened line and in the meter what that saved", async () => {
    await lastTurn(chat).locator(".footer summary").click();
    assert.match(await textOf(lastTurn(chat).locator(".receipt dl")), /Saved by memory≈/);
    await workbench.screenshot("chat-memory-facts-dark");
    await workbench.page.locator(".statusbar-item", { hasText: /saved/ }).hover();
    await workbench.page.getByText(/1 answer from memory today, ≈\s\$[\d.]+ saved by it/).waitFor();
    await workbench.screenshot("meter-memory-dark");
  });

  it("shows in the timings whose answer it was given", async () => {
    const { page } = workbench;
    await lastTurn(chat).getByRole("button", { name: "Show its timings" }).click();
    const timings = await webview(page, ".waterfall");
    const details = timings.locator("main.details");
    await details.locator("h3", { hasText: "Memory" }).waitFor();
    const text = await textOf(details);
    assert.match(text, /recall: looked into memory/);
    assert.match(text, /answer from memory/);
    assert.match(text, /Time saved≈[\s\S]*Money saved≈/);
    await workbench.screenshot("timings-memory-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("timings-memory-light");
    await workbench.setTheme("dark");
    // From there to the request whose answer it was.
    await details.locator("button.link").press("Enter");
    await details.getByText("small (primary)").first().waitFor();
    assert.equal(await details.locator("h3", { hasText: "Memory" }).count(), 0);
  });

  it("is asked of a model again when the person asks again", async () => {
    chat = await openChat(workbench.page);
    await lastTurn(chat).getByRole("button", { name: "Retry" }).click();
    await chat.locator(".status").waitFor();
    assert.doesNotMatch(await lineUnder(chat), /memory/);
    assert.equal(gpu.calls.length, 2);
  });

  it("is counted in the routing stats, with what memory saved", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Routing Stats");
    const stats = await webview(page, ".cards .card");
    await stats.locator("h2", { hasText: "Memory" }).waitFor();
    const text = await textOf(stats.locator("#app"));
    assert.match(text, /The same request again \(exact\)1/);
    assert.match(text, /Memory: 33 % hits \(exact 1, miss 2\)/);
    await workbench.screenshot("stats-memory-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("stats-memory-light");
    await workbench.setTheme("dark");
  });

  it("is forgotten when a person wants that, and asked of a model then", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Forget Remembered Answers");
    await answerQuestion(page, "This workspace");
    await notification(page, "1 remembered answer was forgotten.").first().waitFor();
    await workbench.screenshot("forget-memory-dark");
    assert.doesNotMatch(await askAnew(workbench.page, chat, question), /memory/);
    assert.equal(gpu.calls.length, 3);
  });

  it("has everything forgotten only after one more question", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Forget Remembered Answers");
    await answerQuestion(page, "Everything");
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    await workbench.screenshot("forget-everything-dark");
    await page.keyboard.press("Escape");
    assert.match(await askAnew(workbench.page, chat, question), /from memory/);
  });
});
