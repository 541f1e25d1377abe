import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";

/** Runs inside the extension host; a rejection fails the run. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension("switchyard.switchyard");
  assert.ok(extension, "the extension is there");
  await extension.activate();

  const contributed = (extension.packageJSON as { contributes: { commands: { command: string }[] } }).contributes;
  const registered = new Set(await vscode.commands.getCommands(true));
  const missing = contributed.commands.map(({ command }) => command).filter((command) => !registered.has(command));
  assert.deepEqual(missing, [], "every command of package.json is registered");

  const document = await vscode.workspace.openTextDocument({ language: "typescript", content: "const largest = " });
  await vscode.window.showTextDocument(document);
  for (const command of ["switchyard.stats", "switchyard.timings"]) {
    await vscode.commands.executeCommand(command);
    await until(`a tab of ${command}`, () =>
      vscode.window.tabGroups.all.some(({ activeTab }) => activeTab?.input instanceof vscode.TabInputWebview),
    );
  }
  await vscode.commands.executeCommand("switchyard.restartDaemon");
}

async function until(what: string, test: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !test(); await sleep(100))
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
}
