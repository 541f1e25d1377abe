import * as vscode from "vscode";
import type { Outcome } from "../completion/provider.ts";
import { DisposableList } from "../disposables.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { statusOf } from "./status.ts";

const backgrounds = {
  none: undefined,
  warning: new vscode.ThemeColor("statusBarItem.warningBackground"),
  error: new vscode.ThemeColor("statusBarItem.errorBackground"),
};

/** The meter: today's money, pushed by the daemon; in any other state what is wrong and the way out. */
export class StatusBar implements vscode.Disposable {
  readonly #owned = new DisposableList();
  readonly #session: Session;
  readonly #item: vscode.StatusBarItem;
  #completion: string | null = null;

  constructor(session: Session) {
    this.#session = session;
    this.#item = this.#owned.add(
      vscode.window.createStatusBarItem("switchyard.meter", vscode.StatusBarAlignment.Right, 100),
    );
    this.#item.name = "Switchyard: Meter";
    this.#owned.add(session.onState(() => this.#render()));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("switchyard.meter")) this.#render();
      }),
    );
    this.#render();
  }

  completed(outcome: Outcome): void {
    this.#completion = outcome.shown ? "shown" : `none, ${outcome.reason}`;
    this.#render();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #render(): void {
    const status = statusOf(this.#session.state, this.#completion);
    this.#item.text = status.text;
    const tooltip = new vscode.MarkdownString(status.tooltip, true);
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `Switchyard: ${status.text.replace(/\$\([^)]*\)\s*/g, "")}` };
    this.#item.command = status.command ?? undefined;
    this.#item.backgroundColor = backgrounds[status.severity];
    if (setting("switchyard.meter.enabled") || status.severity !== "none") this.#item.show();
    else this.#item.hide();
  }
}
