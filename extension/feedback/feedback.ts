import * as vscode from "vscode";
import type { Signal } from "../../server/protocol/trace.ts";
import type { Session } from "../session.ts";
import { Delivery } from "./delivery.ts";
import { errorWords } from "./errors.ts";
import { Followed } from "./followed.ts";

/** A text that was put into a document, and what stood there before. */
export interface Insertion {
  readonly document: vscode.TextDocument;
  readonly start: number;
  /** As the document holds it. */
  readonly text: string;
  readonly replaced: string;
  /** The words of the errors that the document had before. */
  readonly errors: ReadonlySet<string>;
}

/** The answer that a text is of: its trace, or, while it still runs, the promise of it; null: none became known. */
export type Of = string | Promise<string | null>;

/** Notices what a person does with answers, and tells the daemon: that is what it learns from. */
export class Feedback implements vscode.Disposable {
  readonly #delivery: Delivery;
  readonly #followed: Followed<Of>;
  readonly #given = new vscode.EventEmitter<void>();
  readonly #listening: vscode.Disposable;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** The daemon has heard of something. */
  readonly onGiven = this.#given.event;

  constructor(session: Session, log: vscode.LogOutputChannel) {
    this.#delivery = new Delivery({
      send: async (trace, signal) => (await session.request("feedback", { trace, signal })).known,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
      taken: () => this.#given.fire(),
      log,
    });
    this.#followed = new Followed<Of>(
      { text: textAt, errors: (uri, { start, end }) => errorsIn(uri, start, end) },
      (of, signal) => void this.#tell(of, signal),
    );
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) =>
        this.#see((followed) =>
          followed.changed(
            document.uri.toString(),
            contentChanges,
            reason === vscode.TextDocumentChangeReason.Undo,
            now(),
          ),
        ),
      ),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.#see((followed) => followed.saved(uri.toString()))),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#see((followed) => followed.closed(uri.toString()))),
      vscode.languages.onDidChangeDiagnostics(({ uris }) =>
        this.#see((followed) => {
          for (const uri of uris) followed.errorsChanged(uri.toString(), now());
        }),
      ),
    );
  }

  /** What a person did with a whole answer. */
  tell(trace: string, signal: Extract<Signal, "retried" | "escalated">): void {
    void this.#tell(trace, signal);
  }

  /** From now on it is seen what becomes of this text. */
  follow(of: Of, { document, start, text, replaced, errors }: Insertion): void {
    const uri = document.uri.toString();
    if (textAt(uri, { start, end: start + text.length }) !== text) return; // it didn't go in as it was
    this.#followed.follow({ of, uri, start, text, replaced, errors }, now());
    this.#see(() => {});
  }

  async #tell(of: Of, signal: Signal): Promise<void> {
    const trace = await of;
    if (trace !== null) await this.#delivery.tell(trace, signal);
  }

  #see(look: (followed: Followed<Of>) => void): void {
    if (this.#ended || this.#followed.size === 0) return;
    look(this.#followed);
    clearTimeout(this.#timer);
    const due = this.#followed.dueMs;
    if (due === null) return;
    this.#timer = setTimeout(() => this.#see((followed) => followed.check(now())), Math.max(0, due - now()));
  }

  dispose(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#listening.dispose();
    this.#given.dispose();
  }
}

const now = (): number => performance.now();

function textAt(uri: string, { start, end }: { start: number; end: number }): string | null {
  const document = documentOf(uri);
  return document ? document.getText(new vscode.Range(document.positionAt(start), document.positionAt(end))) : null;
}

function errorsIn(uri: string, start: number, end: number): readonly string[] {
  const document = documentOf(uri);
  if (!document) return [];
  return errorWords(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)));
}

const documentOf = (uri: string): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri);
