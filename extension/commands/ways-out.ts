import * as vscode from "vscode";
import type { CommandId } from "../contributions.ts";
import type { Session } from "../session.ts";
import { type ModelDeps, pullDefault } from "./models.ts";

const ways: Record<"no-model" | "stopped", readonly { label: string; detail: string; command: CommandId }[]> = {
  "no-model": [
    {
      label: "$(cloud-download) Pull a Model…",
      detail: "A small one that runs on this machine; the engine comes with it",
      command: "switchyard.pullModel",
    },
    {
      label: "$(gear) Open Configuration",
      detail: "Add a provider: a server of yours or a cloud",
      command: "switchyard.openConfiguration",
    },
    { label: "$(key) Set API Key…", detail: "For a cloud provider", command: "switchyard.setApiKey" },
  ],
  stopped: [
    { label: "$(debug-restart) Restart Daemon", detail: "Start it again", command: "switchyard.restartDaemon" },
    { label: "$(output) Show Log", detail: "What it said last", command: "switchyard.showLog" },
    {
      label: "$(gear) Open Configuration",
      detail: "Models, routing and money",
      command: "switchyard.openConfiguration",
    },
  ],
};

/** The status bar's click when something is in the way: what a person can do about it. */
export async function showWaysOut({ state }: Session): Promise<void> {
  const kind = state.kind === "no-model" ? "no-model" : "stopped";
  const title = state.kind === "stopped" ? state.reason : "Switchyard has no model yet";
  const picked = await vscode.window.showQuickPick([...ways[kind]], { title });
  if (picked) await vscode.commands.executeCommand(picked.command);
}

/** The first time a window finds no model it offers one, once; after that the status bar says so. */
export function offerModelOnce(models: ModelDeps, memory: vscode.Memento): vscode.Disposable {
  const { session } = models;
  const asked = "offeredModel";
  let offering = false;
  const offer = async () => {
    if (offering || session.state.kind !== "no-model" || memory.get(asked) === true) return;
    offering = true;
    const pull = "Pull Local Model";
    const open = "Add a Provider";
    const never = "Don't Ask Again";
    const chosen = await vscode.window.showInformationMessage(
      "Switchyard found no model: no configured provider, no local server. Pull a small model that runs on this machine (about 100 MB, and its engine), or add a provider to the configuration.",
      pull,
      open,
      never,
    );
    if (chosen === pull) await pullDefault(models);
    if (chosen === open) await vscode.commands.executeCommand("switchyard.openConfiguration");
    if (chosen === never) await memory.update(asked, true);
  };
  const start = () => {
    offer().catch((e: unknown) => {
      void vscode.window.showErrorMessage(`Switchyard: ${e instanceof Error ? e.message : String(e)}`);
    });
  };
  start();
  return session.onState(start);
}
