import * as vscode from "vscode";
import { documentSelector } from "../daemon/client.ts";
import { DisposableList } from "../disposables.ts";
import { errorWords } from "../feedback/errors.ts";
import type { Feedback } from "../feedback/feedback.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { Pace } from "./pace.ts";
import { whyNotReady } from "./readiness.ts";
import { closedAlready, remainder, type Shown } from "./shown.ts";

/** What the last try came to, for the status bar and the log. */
export interface Outcome {
  readonly shown: boolean;
  readonly reason: string;
}

export interface CompletionDeps {
  readonly session: Session;
  readonly log: vscode.LogOutputChannel;
  readonly feedback: Pick<Feedback, "follow">;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** The editor runs it once a suggestion has become text; it is in no list of commands. */
const acceptedCommand = "switchyard.completionAccepted";

/** Milliseconds for which the status bar says why a person who asked got nothing. */
const saidMs = 6_000;

/** Ghost text: asks the daemon after a rest, shows what it answers, and keeps it while the typed text agrees with it. */
export function registerCompletion(deps: CompletionDeps): vscode.Disposable {
  const owned = new DisposableList();
  const provider = new CompletionProvider(deps);
  owned.add(vscode.languages.registerInlineCompletionItemProvider(documentSelector, provider));
  owned.add(vscode.workspace.onDidChangeTextDocument((change) => provider.edited(change)));
  owned.add(
    vscode.commands.registerCommand(acceptedCommand, (document: vscode.TextDocument, shown: Shown) =>
      provider.accepted(document, shown),
    ),
  );
  return owned;
}

class CompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #deps: CompletionDeps;
  readonly #pace = new Pace();
  #shown: Shown | null = null;

  constructor(deps: CompletionDeps) {
    this.#deps = deps;
  }

  edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (document !== vscode.window.activeTextEditor?.document || contentChanges.length === 0) return;
    this.#pace.key(performance.now());
    const start = this.#shown?.uri === document.uri.toString() ? this.#shown.offset : null;
    // Text before a suggestion has changed: it stands no longer where it was made for.
    if (start !== null && contentChanges.some((c) => c.rangeOffset < start)) this.#shown = null;
  }

  /** It is followed from its start on: what was typed of it before is part of it. */
  accepted(document: vscode.TextDocument, { offset, text, trace }: Shown): void {
    if (trace === null) return;
    const errors = new Set(errorWords(document.uri)); // the languages' servers haven't read it yet
    const whole = document.eol === vscode.EndOfLine.CRLF ? text.replace(/\r?\n/g, "\r\n") : text;
    this.#deps.feedback.follow(trace, { document, start: offset, text: whole, replaced: "", errors });
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const automatic = context.triggerKind === vscode.InlineCompletionTriggerKind.Automatic;
    const off = automatic ? whyOff(document) : null;
    if (off) return this.#none(off, automatic);

    const uri = document.uri.toString();
    const offset = document.offsetAt(position);
    const typed = (from: number) => document.getText(new vscode.Range(document.positionAt(from), position));
    const shown = this.#shown;
    const rest = remainder(shown, uri, offset, typed);
    if (shown && rest !== null) return [this.#item(rest, shown, document, position, context)];
    this.#shown = null;

    const notReady = whyNotReady(this.#deps.session.state);
    if (notReady !== null) return this.#none(notReady, automatic);
    if (automatic) await rested(this.#pace.waitMs(setting("switchyard.completion.debounceMs")), token);
    if (token.isCancellationRequested) return [];
    try {
      const workspace = vscode.workspace.getWorkspaceFolder(document.uri)?.name ?? null;
      const params = { uri, position: { line: position.line, character: position.character }, workspace, automatic };
      const { text, reason, trace } = await this.#deps.session.request("complete", params, token);
      if (token.isCancellationRequested) return [];
      if (text === null) return this.#none(reason ?? "the model wrote nothing", automatic);
      const made: Shown = { uri, offset, text, trace };
      this.#shown = made;
      this.#deps.onOutcome({ shown: true, reason: "a suggestion was shown" });
      return [this.#item(text, made, document, position, context)];
    } catch (e) {
      if (e instanceof vscode.CancellationError) return [];
      this.#deps.log.warn(`No suggestion: ${e instanceof Error ? e.message : String(e)}`);
      return this.#none(e instanceof Error ? e.message : String(e), automatic);
    }
  }

  /** With the suggestion list open, VS Code shows only what extends the entry selected there. */
  #item(
    text: string,
    shown: Shown,
    document: vscode.TextDocument,
    position: vscode.Position,
    { selectedCompletionInfo: selected }: vscode.InlineCompletionContext,
  ): vscode.InlineCompletionItem {
    const command = { title: "", command: acceptedCommand, arguments: [document, shown] };
    if (selected) {
      const whole = document.getText(new vscode.Range(selected.range.start, position)) + text;
      if (whole.startsWith(selected.text)) return new vscode.InlineCompletionItem(whole, selected.range, command);
    }
    const lineAfter = document.lineAt(position).text.slice(position.character);
    const end = position.translate(0, closedAlready(text, lineAfter));
    return new vscode.InlineCompletionItem(text, new vscode.Range(position, end), command);
  }

  /** Typing goes on without a word; who asked by hand is told why nothing comes. */
  #none(reason: string, automatic: boolean): vscode.InlineCompletionItem[] {
    this.#deps.onOutcome({ shown: false, reason });
    if (!automatic) vscode.window.setStatusBarMessage(`Switchyard: no suggestion, ${reason}`, saidMs);
    this.#deps.log.debug(`No suggestion: ${reason}`);
    return [];
  }
}

function whyOff(document: vscode.TextDocument): string | null {
  if (!setting("switchyard.completion.enabled", document)) return "suggestions are turned off in the settings";
  if (setting("switchyard.completion.excludeLanguages", document).includes(document.languageId))
    return `suggestions are turned off for ${document.languageId} in the settings`;
  return null;
}

/** Resolves after `ms` without the token's cancellation, or at once with it. */
function rested(ms: number, token: vscode.CancellationToken): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      listening.dispose();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const listening = token.onCancellationRequested(done);
  });
}
