import * as vscode from "vscode";
import type { WayOut } from "../../server/protocol/webview.ts";
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
export function common(message: { type: "act"; action: WayOut } | { type: "copy"; text: string }): void {
  if (message.type === "act") void takeWayOut(message.action);
  else void vscode.env.clipboard.writeText(message.text);
}
