import * as vscode from "vscode";
import { configFileOf } from "../commands/files.ts";
import { DisposableList } from "../disposables.ts";
import type { DaemonSession } from "./session.ts";

/** Tries again when what was in the way may have changed: the configuration file was saved, or the daemon's settings. */
export function retryWhenChanged(session: DaemonSession): vscode.Disposable {
  const owned = new DisposableList();
  owned.add(
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (document.uri.fsPath === configFileOf(session)) session.retry();
    }),
  );
  owned.add(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (!change.affectsConfiguration("switchyard.daemon")) return;
      session.retry();
      if (session.state.kind === "starting") return;
      const restart = "Restart Daemon";
      const chosen = await vscode.window.showInformationMessage(
        "The daemon's settings take effect when it is restarted.",
        restart,
      );
      if (chosen === restart) await vscode.commands.executeCommand("switchyard.restartDaemon");
    }),
  );
  return owned;
}
