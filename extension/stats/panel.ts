import * as vscode from "vscode";
import type { Period } from "../../server/protocol/pages.ts";
import { type StatsFromPage, type StatsToPage, statsFromPage } from "../../server/protocol/webview.ts";
import type { CommandId } from "../contributions.ts";
import { linkOf } from "../page/link.ts";
import { Page } from "../page/page.ts";
import { common } from "../page/ways.ts";
import type { PanelDeps } from "../session.ts";
import { makeReport } from "./report.ts";

/** Milliseconds between two reports that nobody asked for. */
const restMs = 1_500;

export interface Stats extends vscode.Disposable {
  /** Something was learned or forgotten: an open report is made again. */
  changed(): void;
}

/** The command `switchyard.stats`: the report, as an editor. */
export function registerStats(deps: PanelDeps): Stats {
  let panel: StatsPanel | null = null;
  const open = (): void => {
    if (panel) panel.reveal();
    else
      panel = new StatsPanel(deps, () => {
        panel = null;
      });
  };
  const command = vscode.commands.registerCommand("switchyard.stats" satisfies CommandId, open);
  return {
    changed: () => panel?.soon(),
    dispose() {
      command.dispose();
      panel?.dispose();
    },
  };
}

/** The report is made again when today's money changes, at most once a while and only while it is on screen. */
class StatsPanel implements vscode.Disposable {
  readonly #deps: PanelDeps;
  readonly #editor: vscode.WebviewPanel;
  readonly #page: Page<StatsFromPage, StatsToPage>;
  readonly #listening: vscode.Disposable;
  #period: Period = "today";
  #shown = false;
  #making = false;
  #stale = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: PanelDeps, closed: () => void) {
    this.#deps = deps;
    this.#editor = vscode.window.createWebviewPanel(
      "switchyard.stats.panel",
      "Routing Stats",
      vscode.ViewColumn.Active,
    );
    this.#page = new Page(this.#editor.webview, "stats", "Routing Stats", deps, statsFromPage, (m) => this.#receive(m));
    this.#listening = vscode.Disposable.from(
      deps.session.onState(() => this.#tellLink()),
      deps.session.onConnected(() => this.soon()),
      deps.session.onNotification("meterChanged", () => this.soon()),
      this.#editor.onDidChangeViewState(() => {
        if (!this.#editor.visible) this.#shown = false; // dropped by the editor; it says `ready` when it is back
      }),
    );
    this.#editor.onDidDispose(() => {
      this.#shown = false;
      clearTimeout(this.#timer);
      this.#listening.dispose();
      this.#page.dispose();
      closed();
    });
  }

  reveal(): void {
    this.#editor.reveal();
  }

  dispose(): void {
    this.#editor.dispose();
  }

  #receive(message: StatsFromPage): void {
    switch (message.type) {
      case "ready":
        this.#shown = true;
        this.#tellLink();
        void this.#make();
        return;
      case "period":
        this.#period = message.period;
        if (this.#shown) void this.#make();
        return;
      case "refresh":
        void this.#make();
        return;
      case "reset-learned":
        void vscode.commands.executeCommand("switchyard.resetLearned" satisfies CommandId);
        return;
      case "act":
      case "copy":
        common(message, (copied) => this.#page.post(copied));
        return;
    }
  }

  #tellLink(): void {
    if (this.#shown) this.#page.post({ type: "link", link: linkOf(this.#deps.session.state) });
  }

  soon(): void {
    if (!this.#shown) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#make();
    }, restMs);
  }

  /** One report at a time; what was asked for meanwhile is made next. */
  async #make(): Promise<void> {
    if (this.#making) {
      this.#stale = true;
      return;
    }
    this.#making = true;
    try {
      do {
        this.#stale = false;
        const report = await makeReport(this.#deps.session, this.#period);
        if (this.#shown) this.#page.post({ type: "report", report });
      } while (this.#stale && this.#shown);
    } catch (e) {
      const message = e instanceof Error ? e.message : String(e);
      this.#deps.log.warn(`The report could not be made: ${message}`);
      if (this.#shown) this.#page.post({ type: "fault", message });
    } finally {
      this.#making = false;
    }
  }
}
