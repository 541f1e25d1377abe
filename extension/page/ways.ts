import * as vscode from "vscode";
import type { Copied, WayOut } from "../../server/protocol/webview.ts";
import type { CommandId } from "../contributions.ts";

/** The commands behind a page's buttons. */
const commands: Record<WayOut, CommandId | "switchyard.chat.focus"> = {
  "open-config": "switchyard.openConfiguration",
  "pull-model": "switchyard.pullModel",
  "install-engine": "switchyard.installEngine",
  "set-api-key": "switchyard.setApiKey",
  "show-log": "switchyard.showLog",
  "restart-daemon": "switchyard.restartDaemon",
  "open-chat": "switchyard.chat.focus",
};

export const takeWayOut = (way: WayOut): Thenable<unknown> => vscode.commands.executeCommand(commands[way]);

/** What every page may ask for besides its own messages. */
export function common(
  message: { type: "act"; action: WayOut } | { type: "copy"; text: string },
  answer: (copied: Copied) => void,
): void {
  if (message.type === "act") void takeWayOut(message.action);
  else void copy(message.text).then((ok) => answer({ type: "copied", ok }));
}

async function copy(text: string): Promise<boolean> {
  try {
    await vscode.env.clipboard.writeText(text);
    return true;
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    void vscode.window.showErrorMessage(`The text could not be copied to the clipboard: ${why}`);
    return false;
  }
}
