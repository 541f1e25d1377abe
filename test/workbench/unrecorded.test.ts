import assert from "node:assert/strict";
import { commandLine, pidsNaming } from "../../scripts/host/processes.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { ask, editor, lastTurn, openChat, runCommand, statusItem, textOf } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { crash, openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("a window whose data folder can't be written", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);

  const daemons = (): number[] =>
    pidsNaming(workbench.places.temp).filter((pid) => commandLine(pid).includes("serve --json"));

  before(async () => {
    gpu = await Upstream.start();
    workbench = await openWorkbench({
      config: townConfig({ gpu, cloud: gpu }),
      env: { ...townEnv, XDG_DATA_HOME: "/proc/none" }, // where no folder can be made
    });
    await statusItem(workbench.page, /saved/).waitFor({ timeout: 45_000 }); // a first start may be slow
  });
  after(async () => {
    await workbench?.close();
    await gpu?.[Symbol.asyncDispose]();
  });

  it("has its answers, is told that nothing is recorded, and gets over its daemon's crash", async () => {
    const chat = await openChat(workbench.page);
    gpu.script = () => ({ chunks: ["Whole."] });
    await ask(chat, "First.");
    await lastTurn(chat).getByText("Whole.").waitFor();
    const notice = chat.locator(".notice", { hasText: "The ledger can't be written" });
    assert.match(await textOf(notice), /\/proc\/none\/switchyard\/ledger\.sqlite.*nothing more is recorded/);
    const [pid, ...others] = daemons();
    assert.deepEqual(others, []);
    gpu.script = () => ({ stall: "middle" });
    await ask(chat, "Second.");
    await gpu.untilCalls(2);
    crash(pid!);
    await lastTurn(chat).locator(".notice.error").waitFor();
    assert.match(await textOf(lastTurn(chat).locator(".notice.error")), /daemon ended before the answer was complete/);
    gpu.script = () => ({ chunks: ["Back again."] });
    await ask(chat, "Third.");
    await lastTurn(chat).getByText("Back again.").waitFor();
    assert.notEqual(daemons()[0], pid);
  });

  it("shows the daemon's log, and restarts the daemon rather than adding one", async () => {
    const { page } = workbench;
    const [pid] = daemons();
    await runCommand(page, "Switchyard: Show Log");
    await editor(page)
      .locator(".view-line", { hasText: /nothing.more.is.recorded/ })
      .first()
      .waitFor();
    await runCommand(page, "Switchyard: Restart Daemon");
    await statusItem(page, /saved/).waitFor();
    const chat = await openChat(page);
    gpu.script = () => ({ chunks: ["A new one."] });
    await ask(chat, "Fourth.");
    await lastTurn(chat).getByText("A new one.").waitFor();
    const now = daemons();
    assert.equal(now.length, 1);
    assert.notEqual(now[0], pid);
  });
});
