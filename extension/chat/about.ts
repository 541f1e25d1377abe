import * as vscode from "vscode";
import { errorAtCursor } from "../contributions.ts";
import { errorsOf } from "../feedback/errors.ts";

/** What can be asked about code in the editor with one command. */
export type About = "explain" | "fix" | "test";

/** Errors that a question names; more are in the attached code. */
const mostErrors = 5;
/** Milliseconds between a change of the selection or of the errors and the menu's knowing it. */
const settleMs = 120;

/** A question about what is selected, or else about the file, with the errors at the cursor, and what goes with it. */
export function about(
  what: About,
  editor: vscode.TextEditor,
): { readonly question: string; readonly attach: "file" | "selection" } {
  const attach = editor.selection.isEmpty ? "file" : "selection";
  const errors = what === "fix" ? errorsAt(editor).slice(0, mostErrors) : [];
  const lines = errors.map((e) => `\n- line ${e.range.start.line + 1}: ${e.message}`);
  return { question: `/${what}${lines.join("")}`, attach };
}

/** The errors of the selected lines, or of the cursor's. */
function errorsAt({ document, selection }: vscode.TextEditor): vscode.Diagnostic[] {
  const lines = new vscode.Range(selection.start.line, 0, selection.end.line, Number.MAX_SAFE_INTEGER);
  return errorsOf(document.uri, document.validateRange(lines));
}

/** Keeps the context key that *Fix* is offered by. */
export function watchErrorAtCursor(): vscode.Disposable {
  let told: boolean | null = null;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const editor = vscode.window.activeTextEditor;
    const now = editor !== undefined && errorsAt(editor).length > 0;
    if (now === told) return;
    told = now;
    void vscode.commands.executeCommand("setContext", errorAtCursor, now);
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
  };
  const listening = vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(soon),
    vscode.window.onDidChangeTextEditorSelection(soon),
    vscode.languages.onDidChangeDiagnostics(soon),
  );
  soon();
  return {
    dispose() {
      clearTimeout(timer);
      listening.dispose();
    },
  };
}
