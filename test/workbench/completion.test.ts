import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { editorText, ghostText, goToEnd, openFile, statusItem } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("ghost text", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    workbench = await openWorkbench({
      config: townConfig({ gpu, cloud: gpu }),
      env: townEnv,
      files: {
        "list.ts": "const list = [3, 1, 2];\n",
        "largest.ts": "const list = [3, 1, 2];\nconst largest =",
        ".env.local": "SECRET=1\n",
      },
    });
    await statusItem(workbench.page, /saved/).waitFor();
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
  });
  beforeEach(() => gpu.clear());

  it("appears after typing, and Tab makes it text", async () => {
    const { page } = workbench;
    gpu.script = () => ({ chunks: ["Math.max(", "...list);"] });
    await openFile(page, "list.ts");
    await goToEnd(page);
    await page.keyboard.type("const largest = ");
    await ghostText(page).first().waitFor();
    assert.doesNotMatch(gpu.calls.at(-1)!.text, /SECRET/);
    await workbench.screenshot("ghost-text-before-tab");
    await page.keyboard.press("Tab");
    await ghostText(page).first().waitFor({ state: "detached" });
    assert.match(await editorText(page), /const largest = Math\.max\(\.\.\.list\);/);
    await workbench.screenshot("ghost-text-after-tab");
    const trace = await workbench.trace("of the completion", (t) => t.kind === "completion" && t.status === "ok");
    assert.equal(trace.decision?.model, "small");
  });

  it("is withdrawn, and the model's work ended, when typing goes on", async () => {
    const { page } = workbench;
    gpu.script = () => ({ stall: "headers" });
    await page.keyboard.press("Enter");
    await page.keyboard.type("const smallest = ");
    await gpu.untilCalls(1);
    await page.keyboard.type("0;");
    await gpu.untilClosed(1);
  });

  it("goes on with what is typed of it, without asking the model again", async () => {
    const { page } = workbench;
    gpu.script = () => ({ chunks: ["Math.max(...list);"] });
    await openFile(page, "largest.ts");
    await goToEnd(page);
    await page.keyboard.type(" "); // one key, so one request
    await ghostText(page).first().waitFor();
    await page.keyboard.type("Math.max(");
    await sleep(1_000); // nothing happens, so there is nothing to wait for
    // What the test before has typed last may be asked about only now.
    assert.equal(gpu.calls.filter((call) => call.text.includes("const largest")).length, 1);
    await ghostText(page).first().waitFor();
    await page.keyboard.press("Tab");
    await ghostText(page).first().waitFor({ state: "detached" });
    assert.match(await editorText(page), /const largest = Math\.max\(\.\.\.list\);$/m);
  });

  it("is never asked for in a file that the privacy rules deny", async () => {
    const { page } = workbench;
    await openFile(page, ".env.local");
    await goToEnd(page);
    const before = (await workbench.traces()).length;
    gpu.clear(); // a request of the file before may have come late
    await page.keyboard.type("TOKEN=", { delay: 50 });
    await sleep(1_000); // nothing happens, so there is nothing to wait for
    assert.equal(gpu.calls.length, 0);
    assert.equal(await ghostText(page).count(), 0);
    const denied = (await workbench.traces()).slice(0, (await workbench.traces()).length - before);
    for (const trace of denied) assert.equal(trace.privacy.verdict, "nowhere");
  });
});
