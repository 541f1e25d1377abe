import { basename } from "node:path/posix";
import * as vscode from "vscode";
import type { EditorHint } from "../../server/protocol/webview.ts";
import { errorWords } from "../feedback/errors.ts";
import type { Insertion } from "../feedback/feedback.ts";

/** Milliseconds between a change of the selection and its showing. */
const settleMs = 120;
/** Documents that no one writes code in, such as the output panel. */
const notEditors = new Set(["output", "debug", "comment", "vscode-chat-code-block", "chat-editing-text-model"]);

/** The text editor that was used last: while a page has the focus, none is active. */
export class EditorTracker implements vscode.Disposable {
  readonly #listening: vscode.Disposable;
  readonly #changed: (hint: EditorHint | null) => void;
  #last: vscode.TextEditor | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(changed: (hint: EditorHint | null) => void) {
    this.#changed = changed;
    this.#take(vscode.window.activeTextEditor);
    this.#listening = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#take(editor)),
      vscode.window.onDidChangeTextEditorSelection((e) => e.textEditor === this.#last && this.#soon()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#soon()),
    );
  }

  /** Undefined when it isn't on screen any more. */
  get last(): vscode.TextEditor | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const visible = vscode.window.visibleTextEditors;
    return visible.includes(last) ? last : visible.find((e) => e.document === last.document);
  }

  get hint(): EditorHint | null {
    const editor = this.last;
    if (!editor) return null;
    const { start, end, isEmpty } = editor.selection;
    // A selection that ends at the start of a line doesn't hold that line.
    const to = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
    const lines = isEmpty ? null : start.line + 1 === to ? String(to) : `${start.line + 1}–${to}`;
    return { label: basename(editor.document.uri.path) || editor.document.uri.path, lines };
  }

  #take(editor: vscode.TextEditor | undefined): void {
    if (editor && !notEditors.has(editor.document.uri.scheme)) this.#last = editor;
    this.#soon();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#changed(this.hint), settleMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listening.dispose();
  }
}

/** Puts text in place of the selection of `editor`, as one undo step, and shows it. Null: nothing went in. */
export async function insertAt(editor: vscode.TextEditor | undefined, text: string): Promise<Insertion | null> {
  if (!editor) {
    void vscode.window.showInformationMessage(
      "Open a file and put the cursor where the code shall go, then insert again.",
    );
    return null;
  }
  const shown = await vscode.window.showTextDocument(editor.document, {
    ...(editor.viewColumn === undefined ? {} : { viewColumn: editor.viewColumn }),
    selection: editor.selection,
  });
  const { document } = shown;
  // Of several places the first is followed: nothing before it moves it.
  const first = shown.selections.reduce((a, b) => (b.start.isBefore(a.start) ? b : a));
  const insertion: Insertion = {
    document,
    start: document.offsetAt(first.start),
    text: text.replace(/\r\n|\r|\n/g, document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n"),
    replaced: document.getText(first),
    errors: new Set(errorWords(document.uri)),
  };
  const done = await shown.edit((edit) => {
    for (const selection of shown.selections) edit.replace(selection, text);
  });
  if (done) return insertion;
  void vscode.window.showWarningMessage("The text could not be inserted: this file can't be edited.");
  return null;
}
