import assert from "node:assert/strict";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { ask, editor, lastTurn, openChat, runCommand, statusItem, textOf } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { crash, openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("windows and their daemon", function () {
  this.timeout(90_000);
  let gpu: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async () => {
    gpu = await Upstream.start();
    workbench = await openWorkbench({ config: townConfig({ gpu, cloud: gpu }), env: townEnv });
    await statusItem(workbench.page, /saved/).waitFor();
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
  });
  beforeEach(() => gpu.clear());

  it("find a new daemon when theirs is killed in mid-answer, and its trace says interrupted", async () => {
    const chat = await openChat(workbench.page);
    gpu.script = () => ({ chunks: ["Whole."] });
    await ask(chat, "First.");
    await lastTurn(chat).locator(".footer summary").waitFor();
    const earlier = await workbench.trace("that is whole", (t) => t.status === "ok");
    gpu.script = () => ({ chunks: Array.from({ length: 500 }, (_, i) => `word${i} `), gapMs: 50 });
    await ask(chat, "Second.");
    await lastTurn(chat).locator(".markdown", { hasText: "word2" }).waitFor();
    const running = await workbench.trace("that runs", (t) => t.status === "running");
    const killed = await workbench.daemon();
    crash(killed.pid);
    await lastTurn(chat).locator(".notice.error").waitFor();
    const next = await workbench.daemon(killed.pid);
    assert.notEqual(next.pid, killed.pid);
    const after = await workbench.trace("that was cut off", (t) => t.id === running.id);
    assert.equal(after.status, "interrupted");
    const again = await workbench.trace("from before the crash", (t) => t.id === earlier.id);
    assert.deepEqual(again.cost, earlier.cost);
    gpu.script = () => ({ chunks: ["Back again."] });
    await ask(chat, "Third.");
    await lastTurn(chat).getByText("Back again.").waitFor();
    await workbench.screenshot("after-daemon-crash");
  });

  it("get a new daemon by Restart Daemon, and Show Log shows what it says", async () => {
    const { page } = workbench;
    const before = await workbench.daemon();
    await runCommand(page, "Switchyard: Restart Daemon");
    assert.notEqual((await workbench.daemon(before.pid)).pid, before.pid);
    const chat = await openChat(page);
    gpu.script = () => ({ chunks: ["Here."] });
    await ask(chat, "Are you back?");
    await lastTurn(chat).getByText("Here.").waitFor();
    gpu.script = () => ({ status: 500, body: '{"error":{"message":"out of steam"}}' });
    await ask(chat, "And now?");
    await lastTurn(chat).locator(".notice.error").waitFor();
    await runCommand(page, "Switchyard: Show Log");
    await editor(page)
      .locator(".view-line", { hasText: /a.request.failed/ })
      .first()
      .waitFor();
  });

  it("share one daemon, and one window's crash leaves the other's answer running", async () => {
    const [first] = workbench.extensionHosts();
    const daemon = await workbench.daemon();
    const second = await workbench.newWindow();
    const chat = await openChat(second);
    gpu.script = () => ({ chunks: Array.from({ length: 40 }, (_, i) => `word${i} `), gapMs: 50 });
    await ask(chat, "Tell me something.");
    await lastTurn(chat).locator(".markdown", { hasText: "word2" }).waitFor();
    crash(first!);
    await lastTurn(chat).locator(".footer summary").waitFor();
    assert.match(await textOf(lastTurn(chat).locator(".markdown")), /word39/);
    gpu.script = () => ({ chunks: ["Still here."] });
    await ask(chat, "Are you there?");
    await lastTurn(chat).getByText("Still here.").waitFor();
    assert.equal((await workbench.daemon()).pid, daemon.pid);
    await second.close();
  });
});
