import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { ask, lastTurn, openChat, runCommand, textOf, webview } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("a doubtful question with a slow judge", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let judge: Upstream;
  let workbench: Workbench;
  let chat: Frame;
  pictureFailures(() => workbench);

  async function asked(question: string, verdict: string): Promise<string> {
    judge.script = () => ({ chunks: [verdict], ttftMs: 900 });
    await ask(chat, question);
    const line = lastTurn(chat).locator(".footer summary");
    await line.waitFor();
    return textOf(line);
  }

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    judge = await Upstream.start();
    gpu.script = () => ({ ttftMs: 120, gapMs: 150 });
    cloud.script = () => ({ ttftMs: 300, gapMs: 40 });
    const config = townConfig(
      { gpu, cloud },
      {
        routing: { primary: "small", escalation: "large", baseline: "large", judge: "judge", band: [0, 1] },
        speculation: { maxHoldMs: 1_500 },
        providers: { bench: { kind: "openai", baseUrl: judge.baseUrl, locality: "local" } },
        models: { judge: { provider: "bench", name: "judge-model", prices: { input: 0.05, output: 0.1 } } },
      },
    );
    // Electricity has a price too: what is begun for nothing is seen in the money.
    const small = { ...config.models!["small"]!, prices: { input: 0.4, output: 1.2 } };
    workbench = await openWorkbench({ config: { ...config, models: { ...config.models, small } }, env: townEnv });
    chat = await openChat(workbench.page);
  });
  after(async () => {
    await workbench?.close();
    for (const upstream of [gpu, cloud, judge]) await upstream?.[Symbol.asyncDispose]();
  });

  it("is answered by what was begun early when the judge confirms it", async () => {
    assert.match(await asked("What is a list?", "SIMPLE"), /small/);
    assert.equal(cloud.calls.length, 0);
  });

  it("is answered by the strong model when the judge decides otherwise", async () => {
    assert.match(await asked("And what is a tree?", "COMPLEX"), /large/);
  });

  it("shows in the timings both attempts, the hold, the release and the money", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Request Timings");
    const timings = await webview(page, ".waterfall");
    const rows = timings.locator('.rows [role="option"]');
    assert.equal(await rows.count(), 2);
    const details = timings.locator("main.details");

    await rows.nth(0).click();
    await details
      .getByText("And what is a tree?")
      .or(details.locator("h2", { hasText: "large" }))
      .first()
      .waitFor();
    const rejected = await textOf(details);
    assert.match(rejected, /judge \(judge\)[\s\S]*small \(speculative\)[\s\S]*discarded[\s\S]*large/);
    assert.match(rejected, /Wasted/);
    await workbench.screenshot("timings-rejected-dark");

    await rows.nth(1).click();
    await details.locator("h2", { hasText: "small" }).waitFor();
    const confirmed = await textOf(details);
    assert.match(confirmed, /hold/);
    assert.match(confirmed, /released/);
    assert.match(confirmed, /Sooner by/);
    assert.match(confirmed, /the judge called it simple/);
    await workbench.screenshot("timings-confirmed-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("timings-confirmed-light");
    await workbench.setTheme("dark");
  });

  it("shows in the routing stats what speculation cost and what it saved", async () => {
    await runCommand(workbench.page, "Switchyard: Routing Stats");
    const stats = await webview(workbench.page, ".cards .card");
    assert.match(await textOf(stats.locator("#app")), /Speculation/);
    await workbench.screenshot("stats-speculation-dark");
  });
});
