import * as vscode from "vscode";

/** What the daemon calls this window's folder; null: none is open. */
export const workspaceName = (): string | null => vscode.workspace.workspaceFolders?.[0]?.name ?? null;
