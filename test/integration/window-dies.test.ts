import assert from "node:assert/strict";
import { startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";
import { FakeWindow } from "../support/windows.ts";

const question = (id: string) => ({
  id,
  session: "s",
  workspace: null,
  model: "small",
  task: null,
  messages: [{ role: "user" as const, content: "Why?" }],
  context: [],
});

describe("a window that dies amid an answer", () => {
  const town = useUpstreams();

  it("ends its own request and nothing else, whenever it dies", async () => {
    await using daemon = await startDaemon({ config: townConfig(town), env: townEnv });
    const open = () => FakeWindow.admitted(daemon.socket, daemon.token);
    const other = await open();
    for (const ms of [0, 20, 60, 120]) {
      town.gpu.script = () => ({ ttftMs: 50, gapMs: 20 });
      const kept = other.request("chat", question("kept"));
      const window = await open();
      window.request("chat", question("lost")).catch(() => {}); // nobody is left to hear it
      await new Promise((resolve) => setTimeout(resolve, ms));
      window.destroy();
      const answer = await Promise.race([kept, daemon.exit.then(() => null)]);
      assert.equal(answer?.status, "ok", `the daemon, after ${ms} ms`);
    }
    other.destroy();
    const reply = await daemon.chat({ model: "small" });
    assert.equal(reply.status, 200);
  });
});
