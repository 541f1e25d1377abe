import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { ContextItem } from "../../server/protocol/editor.ts";
import { maxContextChars, maxContextItems } from "../../server/protocol/pages.ts";
import type { Chip } from "../../server/protocol/webview.ts";
import { errorsOf } from "../feedback/errors.ts";
import type { EditorTracker } from "./editors.ts";

interface Attached {
  readonly id: string;
  readonly uri: vscode.Uri;
  readonly label: string;
  /** The lines as they were when they were attached; null: the whole file, as it is when it is sent. */
  readonly selection: { readonly text: string; readonly language: string; readonly range: vscode.Range } | null;
  /** Attached by a command such as *Explain*, until the next one. */
  readonly byCommand: boolean;
  cut: boolean;
  denied: string | null;
}

/** What goes with a question, and what the editor knows of it. */
export interface Collected {
  readonly context: ContextItem[];
  /** Characters of the selections among it. */
  readonly selectionChars: number;
  /** Errors that the editor shows in it. */
  readonly errors: number;
}

/** What goes with each question until it is removed. Nothing is attached but by hand or by a command that a person gave. */
export class AttachedContext {
  readonly #editors: EditorTracker;
  readonly #changed: (chips: readonly Chip[]) => void;
  #items: Attached[] = [];

  constructor(editors: EditorTracker, changed: (chips: readonly Chip[]) => void) {
    this.#editors = editors;
    this.#changed = changed;
  }

  get chips(): readonly Chip[] {
    return this.#items.map((item) => {
      const path = vscode.workspace.asRelativePath(item.uri);
      const cut = item.cut ? ` – its first ${maxContextChars.toLocaleString("en-US")} characters` : "";
      return { id: item.id, label: item.label, detail: `${path}${cut}`, denied: item.denied };
    });
  }

  attach(what: "file" | "selection", byCommand = false): void {
    if (byCommand) this.#items = this.#items.filter((i) => !i.byCommand);
    const editor = this.#editors.last;
    const hint = this.#editors.hint;
    if (!editor || !hint) return;
    const lines = what === "selection" ? hint.lines : null;
    const label = lines === null ? hint.label : `${hint.label}:${lines}`;
    const { uri, languageId } = editor.document;
    if (this.#items.some((i) => i.uri.toString() === uri.toString() && i.label === label)) return;
    if (this.#items.length >= maxContextItems) {
      void vscode.window.showWarningMessage(
        `At most ${maxContextItems} files and selections go with a question. Remove one to attach ${label}.`,
      );
      return;
    }
    const range = new vscode.Range(editor.selection.start, editor.selection.end);
    const text = editor.document.getText(lines === null ? undefined : range);
    this.#items.push({
      id: randomUUID(),
      uri,
      label,
      selection: lines === null ? null : { text, language: languageId, range },
      byCommand,
      cut: text.length > maxContextChars,
      denied: null,
    });
    this.#changed(this.chips);
  }

  detach(id: string): void {
    this.#items = this.#items.filter((i) => i.id !== id);
    this.#changed(this.chips);
  }

  clear(): void {
    this.#items = [];
    this.#changed(this.chips);
  }

  async open(id: string): Promise<void> {
    const item = this.#items.find((i) => i.id === id);
    if (!item) return;
    const options = item.selection ? { selection: item.selection.range } : {};
    await vscode.window.showTextDocument(item.uri, options);
  }

  /** What is sent. A file that can't be read is marked on its chip and left out. */
  async collect(): Promise<Collected> {
    const context: ContextItem[] = [];
    let selectionChars = 0;
    let errors = 0;
    for (const item of this.#items) {
      if (item.denied !== null) continue;
      const read = item.selection ?? (await readFile(item));
      if (read === null) continue;
      item.cut = read.text.length > maxContextChars;
      const text = read.text.slice(0, maxContextChars);
      context.push({ path: pathOf(item.uri), language: read.language, text });
      if (item.selection) selectionChars += text.length;
      errors += errorsOf(item.uri, item.selection?.range).length;
    }
    this.#changed(this.chips);
    return { context, selectionChars, errors };
  }

  /** Marks the files that a refusal names, so that the next question goes without them. */
  refused(message: string): void {
    for (const item of this.#items) {
      if (!message.includes(item.uri.fsPath)) continue;
      const rule = /privacy rule ([^)]+)\)/.exec(message)?.[1];
      item.denied = rule ? `not sent: privacy rule ${rule}` : "not sent: a privacy rule forbids it";
    }
    this.#changed(this.chips);
  }
}

/** What the privacy rules judge and the model reads. */
const pathOf = (uri: vscode.Uri): string => (uri.scheme === "file" ? uri.fsPath : uri.toString());

async function readFile(item: Attached): Promise<{ text: string; language: string } | null> {
  try {
    const document = await vscode.workspace.openTextDocument(item.uri);
    return { text: document.getText(), language: document.languageId };
  } catch (e) {
    item.denied = `can't be read: ${e instanceof Error ? e.message : String(e)}`;
    return null;
  }
}
