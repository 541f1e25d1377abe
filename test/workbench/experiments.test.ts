import assert from "node:assert/strict";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { runCommand, textOf, webview } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("an experiment in Routing Stats", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    workbench = await openWorkbench({
      config: townConfig(
        { gpu, cloud },
        {
          routing: { primary: "small", escalation: "large", baseline: "large", quality: 0, band: [0, 0] },
          experiments: [
            {
              name: "better",
              unit: "request",
              metric: "cost",
              arms: [{ strategy: "control" }, { name: "strong", strategy: "quality-first", share: 0.5 }],
            },
          ],
        },
      ),
      env: townEnv,
    });
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
    await cloud?.[Symbol.asyncDispose]();
  });

  it("shows its arms, a picture that words say too, and the winner", async () => {
    const { http, token } = await workbench.daemon();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    await fetch(`${http}/admin/experiments`, { headers }); // from then on it runs
    const body = JSON.stringify({ model: "switchyard/auto", messages: [{ role: "user", content: "Say hello." }] });
    for (let i = 0; i < 120; i++)
      await (await fetch(`${http}/v1/chat/completions`, { method: "POST", headers, body })).text();

    await runCommand(workbench.page, "Switchyard: Routing Stats");
    const stats = await webview(workbench.page, ".whiskers");
    const text = await textOf(stats.locator("#app"));
    assert.match(text, /Experiment better/);
    assert.match(text, /control wins: cheaper than strong/);
    assert.match(text, /strong \(quality-first\)/);
    const words = await stats.locator(".whiskers").getAttribute("aria-label");
    assert.match(words ?? "", /Difference from control: strong \+\$0\.0/);
    await stats.locator(".whiskers").scrollIntoViewIfNeeded();
    await workbench.screenshot("experiments-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("experiments-light");
    await workbench.setTheme("dark");
  });
});
