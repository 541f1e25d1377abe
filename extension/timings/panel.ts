import * as vscode from "vscode";
import { type TimingsFromPage, type TimingsToPage, timingsFromPage } from "../../server/protocol/webview.ts";
import type { CommandId } from "../contributions.ts";
import { linkOf } from "../page/link.ts";
import { Page } from "../page/page.ts";
import { common } from "../page/ways.ts";
import type { PanelDeps } from "../session.ts";
import { type FeedListener, TraceFeed } from "./feed.ts";

const title = "Request Timings";

/** The view `switchyard.timings`, and the command of the same name that opens it as an editor (argument: a trace's id). */
export function registerTimings(deps: PanelDeps): vscode.Disposable {
  const feed = new TraceFeed(deps);
  let panel: { readonly editor: vscode.WebviewPanel; readonly page: TimingsPage } | null = null;

  function open(trace: unknown): void {
    const wanted = typeof trace === "string" ? trace : null;
    if (panel) {
      panel.editor.reveal();
      if (wanted) panel.page.select(wanted);
      return;
    }
    const editor = vscode.window.createWebviewPanel("switchyard.timings.panel", title, vscode.ViewColumn.Active);
    const page = new TimingsPage(editor.webview, deps, feed);
    if (wanted) page.select(wanted);
    editor.onDidChangeViewState(() => {
      if (!editor.visible) page.hidden();
    });
    editor.onDidDispose(() => {
      page.dispose();
      panel = null;
    });
    panel = { editor, page };
  }

  const views = new Set<TimingsPage>();
  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      const page = new TimingsPage(view.webview, deps, feed);
      views.add(page);
      view.onDidChangeVisibility(() => {
        if (!view.visible) page.hidden();
      });
      view.onDidDispose(() => {
        views.delete(page);
        page.dispose();
      });
    },
  };

  const registered = vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider("switchyard.timings", provider),
    vscode.commands.registerCommand("switchyard.timings" satisfies CommandId, open),
  );
  return {
    dispose() {
      registered.dispose();
      panel?.editor.dispose();
      for (const page of views) page.dispose();
      feed.dispose();
    },
  };
}

/** One page of timings, in the side bar or as an editor. */
class TimingsPage implements vscode.Disposable {
  readonly #feed: TraceFeed;
  readonly #page: Page<TimingsFromPage, TimingsToPage>;
  readonly #listening: vscode.Disposable;
  readonly #listener: FeedListener;
  readonly #deps: PanelDeps;
  #shown = false;
  #wanted: string | null = null;

  constructor(webview: vscode.Webview, deps: PanelDeps, feed: TraceFeed) {
    this.#deps = deps;
    this.#feed = feed;
    this.#listener = {
      all: (traces) => this.#page.post({ type: "traces", traces }),
      changed: (traces) => this.#page.post({ type: "changed", traces }),
    };
    this.#page = new Page(webview, "timings", title, deps, timingsFromPage, (message) => this.#receive(message));
    this.#listening = deps.session.onState(() => this.#tellLink());
  }

  select(trace: string): void {
    if (this.#shown) this.#page.post({ type: "select", trace });
    else this.#wanted = trace;
  }

  /** The editor drops a hidden page; it says `ready` when it is back. */
  hidden(): void {
    this.#shown = false;
    this.#feed.remove(this.#listener);
  }

  #receive(message: TimingsFromPage): void {
    switch (message.type) {
      case "ready":
        this.#shown = true;
        this.#tellLink();
        if (this.#wanted) this.#page.post({ type: "select", trace: this.#wanted });
        this.#wanted = null;
        this.#feed.remove(this.#listener);
        void this.#feed.add(this.#listener);
        return;
      case "refresh":
        this.#feed.remove(this.#listener);
        void this.#feed.add(this.#listener);
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

  dispose(): void {
    this.#feed.remove(this.#listener);
    this.#listening.dispose();
    this.#page.dispose();
  }
}
