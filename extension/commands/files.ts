import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as vscode from "vscode";
import { defaultConfigFile } from "../../server/protocol/daemon.ts";
import type { DaemonSession } from "../daemon/session.ts";
import { daemonOf } from "../daemon/state.ts";
import { setting } from "../settings.ts";

/** The configuration file in force, as far as it can be told without a daemon. */
export const configFileOf = (session: DaemonSession): string =>
  daemonOf(session.state)?.configFile ||
  setting("switchyard.daemon.configFile") ||
  defaultConfigFile(process.platform, process.env, homedir());

/** *Open Configuration*: the daemon writes a commented starter when there is none; a broken file opens without it. */
export async function openConfiguration(session: DaemonSession): Promise<void> {
  const { kind } = session.state;
  const broken = (kind === "config-fault" || kind === "stopped") && existsSync(configFileOf(session));
  const path = broken ? configFileOf(session) : (await session.request("ensureConfig", null)).path;
  await vscode.window.showTextDocument(vscode.Uri.file(path));
}

/** *Show Log*: the daemon's, at its end; this window's own when the daemon was started by somebody else. */
export async function showLog(session: DaemonSession, log: vscode.LogOutputChannel): Promise<void> {
  if (!existsSync(session.logFile)) return log.show();
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(session.logFile), { preview: true });
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  editor.revealRange(new vscode.Range(end, end));
}
