import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { ask, chooseModel, lastTurn, openChat, runCommand, statusItem, textOf, webview } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("the reports", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  let chat: Frame;
  pictureFailures(() => workbench);

  async function asked(question: string): Promise<void> {
    await ask(chat, question);
    await lastTurn(chat).locator(".footer summary").waitFor();
  }

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    gpu.script = () => ({ ttftMs: 120, gapMs: 40 });
    cloud.script = () => ({ ttftMs: 300, gapMs: 60 });
    workbench = await openWorkbench({ config: townConfig({ gpu, cloud }), env: townEnv });
    chat = await openChat(workbench.page);
    await asked("What is a list?");
    await chooseModel(chat, "large");
    await asked("And what is a tree?");
    await chooseModel(chat, "switchyard/auto");
    gpu.script = () => ({ reset: "headers", ttftMs: 80 }); // another model answers
    await asked("And a graph?");
    assert.match(await textOf(lastTurn(chat).locator(".footer summary")), /large instead of small/);
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
    await cloud?.[Symbol.asyncDispose]();
  });

  it("open from the meter: routes, models, times, tokens, cost and savings", async () => {
    const { page } = workbench;
    await statusItem(page, /saved/).click();
    const stats = await webview(page, ".cards .card");
    const text = await textOf(stats.locator("#app"));
    for (const word of ["small", "large", "p50", "p95", "3", /saved/i]) assert.match(text, new RegExp(word));
    await workbench.screenshot("stats-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("stats-light");
    await workbench.setTheme("dark");
  });

  it("show each request's waterfall with a table beside it, and follow along while one runs", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Request Timings");
    const timings = await webview(page, ".waterfall");
    const rows = timings.locator('.rows [role="option"]');
    assert.equal(await rows.count(), 3);
    await rows.first().click();
    assert.ok((await timings.locator(".waterfall .bar").count()) >= 2);
    assert.match(await textOf(timings.locator("main.details")), /small[\s\S]*large/);
    assert.equal(await timings.locator("main.details tr.fault").count(), 1, "why the first attempt failed");
    assert.ok((await timings.locator("main.details table tbody tr").count()) >= 3);
    await workbench.screenshot("timings-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("timings-light");
    await workbench.setTheme("dark");

    gpu.script = () => ({ stall: "middle" });
    await ask(chat, "Never ending?");
    await rows.nth(3).waitFor();
    await rows.filter({ hasText: "running" }).waitFor();
    await chat.getByRole("button", { name: "Stop (Escape)" }).click();
    await rows.filter({ hasText: "cancelled" }).waitFor();
  });

  it("open at one request from the line under its answer", async () => {
    const newest = (await workbench.traces())[0]?.id;
    await lastTurn(chat).locator(".footer summary").click();
    await lastTurn(chat).getByRole("button", { name: "Show its timings" }).click();
    const timings = await webview(workbench.page, ".waterfall");
    await timings.locator(`[role="option"][aria-selected="true"][data-id="${newest}"]`).waitFor();
  });
});
