import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { cloudKey, townConfig } from "../support/daemon-config.ts";
import {
  answerQuestion,
  ask,
  chooseModel,
  editor,
  lastTurn,
  notification,
  openChat,
  runCommand,
  statusItem,
} from "../support/editor.ts";
import { skip } from "../support/skip.ts";
import { Upstream } from "../support/upstream.ts";
import { openWorkbench, pictureFailures, type Workbench } from "../support/workbench.ts";

/** Where the daemon looks for servers of the person's own. */
const knownPorts = [11434, 1234, 8080, 8000];

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("connect", () => socket.destroy());
  });
}

describe("a machine without a model", function () {
  this.timeout(60_000);
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async function () {
    for (const port of knownPorts)
      if (await listens(port))
        skip(this, `something listens on port ${port}, where a local model server would be found`);
    workbench = await openWorkbench();
  });
  after(() => workbench?.close());

  it("says so in the chat and the status bar, with the way out", async () => {
    const { page } = workbench;
    await statusItem(page, "no model").waitFor();
    const chat = await openChat(page);
    await chat.getByText("No model to ask yet").waitFor();
    await chat.getByRole("button", { name: "Pull a Model…" }).waitFor();
    await workbench.screenshot("no-model");
    await statusItem(page, "no model").click();
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Pull a Model" }).waitFor();
    await page.keyboard.press("Escape");
  });

  it("opens a commented configuration in which the editor knows every key", async () => {
    const { page } = workbench;
    const chat = await openChat(page);
    await chat.getByRole("button", { name: "Open Configuration" }).click();
    await page.locator('.tab.active[data-resource-name="config.jsonc"]').waitFor();
    assert.equal(await page.locator(".squiggly-error, .squiggly-warning").count(), 0);
    await editor(page).locator(".view-line", { hasText: '"routing"' }).click();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type('"', { delay: 30 });
    await page.keyboard.press("Control+Space");
    await page.locator(".suggest-widget .monaco-list-row", { hasText: "escalation" }).waitFor();
    await workbench.screenshot("configuration-completion");
    await page.keyboard.press("Escape");
    await page.keyboard.type('escalatoin": "x",');
    await page.locator(".squiggly-error, .squiggly-warning").first().waitFor();
    await page.keyboard.press("ControlOrMeta+S");
    await statusItem(page, "configuration").waitFor();
    await workbench.screenshot("configuration-fault");
    for (let i = 0; i < 3; i++) await page.keyboard.press("ControlOrMeta+Z");
  });

  it("answers as soon as a provider stands in the configuration", async () => {
    await using gpu = await Upstream.start();
    workbench.configure(townConfig({ gpu, cloud: gpu }));
    await statusItem(workbench.page, /saved/).waitFor();
    const chat = await openChat(workbench.page);
    await ask(chat, "Hello?");
    await lastTurn(chat).getByText("Hello there, world.").waitFor();
  });
});

describe("an API key", function () {
  this.timeout(60_000);
  let cloud: Upstream;
  let workbench: Workbench;
  pictureFailures(() => workbench);

  before(async () => {
    cloud = await Upstream.start();
    const town = townConfig({ gpu: cloud, cloud });
    const provider = { kind: "openai", baseUrl: cloud.baseUrl, locality: "cloud", apiKey: "secret:cloud" } as const;
    workbench = await openWorkbench({ config: { ...town, providers: { ...town.providers, cloud: provider } } });
    await statusItem(workbench.page, /Switchyard|saved/).waitFor();
  });
  after(async () => {
    await workbench?.close();
    await cloud?.[Symbol.asyncDispose]();
  });

  it("is typed once, reaches the provider, and never the disk", async () => {
    const { page } = workbench;
    await runCommand(page, "Switchyard: Set API Key");
    await answerQuestion(page, "cloud");
    await page.locator(".quick-input-widget input[type=password]").waitFor();
    await answerQuestion(page, cloudKey);
    await notification(page, "is kept").first().waitFor();
    const chat = await openChat(page);
    await chooseModel(chat, "large");
    await ask(chat, "Hello?");
    await lastTurn(chat).locator(".footer summary").waitFor();
    assert.equal(cloud.calls.at(-1)?.headers.authorization, `Bearer ${cloudKey}`);
    const holders = filesHolding(cloudKey, [workbench.places.data, workbench.places.config, workbench.places.cache]);
    assert.deepEqual(holders, []);
  });
});

function filesHolding(text: string, folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(text)),
  );
}
