import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { askAnew, lastTurn, lineUnder, openChat, textOf } from "../support/editor.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

describe("a question that was asked before in other words", function () {
  this.timeout(60_000);
  let gpu: Upstream;
  let cloud: Upstream;
  let workbench: Workbench;
  let chat: Frame;
  pictureFailures(() => workbench);

  const wrong = () => lastTurn(chat).getByRole("button", { name: "Not what I asked" });

  before(async () => {
    gpu = await Upstream.start();
    cloud = await Upstream.start();
    gpu.script = ({ text }) => ({ chunks: [/JavaScript/.test(text) ? "Use .sort()." : "Use sorted()."], ttftMs: 300 });
    // In a window nobody says a temperature: that questions may be compared is said by the section alone.
    const config = townConfig({ gpu, cloud }, { cache: { semantic: { enabled: true } } });
    const small = { ...config.models!["small"]!, prices: { input: 2, output: 10 } };
    workbench = await openWorkbench({ config: { ...config, models: { ...config.models, small } }, env: townEnv });
    chat = await openChat(workbench.page);
  });
  after(async () => {
    await workbench?.close();
    for (const upstream of [gpu, cloud]) await upstream?.[Symbol.asyncDispose]();
  });

  it("is answered with what was answered then, and the same question too", async () => {
    assert.doesNotMatch(await askAnew(workbench.page, chat, "How do I sort a list in Python?"), /memory/);
    assert.match(await askAnew(workbench.page, chat, "How do I sort a list in Python?"), /from memory/);
    assert.match(
      await askAnew(workbench.page, chat, "What is the best way to sort a list in Python?"),
      /from memory: a question \d\d\s% alike/,
    );
    assert.match(await textOf(lastTurn(chat)), /Use sorted\(\)\./);
    await wrong().waitFor();
    assert.equal(gpu.calls.length, 1);
    await workbench.screenshot("chat-alike-dark");
    await workbench.setTheme("light");
    await workbench.screenshot("chat-alike-light");
    await workbench.setTheme("dark");
  });

  it("is asked of a model where one word makes it another question", async () => {
    assert.doesNotMatch(await askAnew(workbench.page, chat, "How do I sort a list in JavaScript?"), /memory/);
    assert.match(await textOf(lastTurn(chat)), /Use \.sort\(\)\./);
    assert.equal(await wrong().count(), 0);
    assert.equal(gpu.calls.length, 2);
    await workbench.screenshot("chat-near-miss-dark");
  });

  it("is forgotten and asked of a model when it isn't what was asked", async () => {
    assert.match(await askAnew(workbench.page, chat, "What is the best way to sort a list in Python?"), /from memory/);
    await wrong().press("Enter");
    await chat.locator(".status").waitFor();
    assert.doesNotMatch(await lineUnder(chat), /memory/);
    assert.equal(gpu.calls.length, 3);
    // What was given wrongly is gone; what was asked instead is remembered.
    assert.doesNotMatch(await askAnew(workbench.page, chat, "How do I sort a list in Python?"), /from memory, asked/);
  });
});
