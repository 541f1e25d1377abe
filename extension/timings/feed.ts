import * as vscode from "vscode";
import { maxListedTraces } from "../../server/protocol/pages.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import type { PanelDeps } from "../session.ts";

/** Milliseconds that changes are gathered before the pages are told. */
const gatherMs = 100;

export interface FeedListener {
  all(traces: readonly Trace[]): void;
  changed(traces: readonly Trace[]): void;
}

/** The daemon's traces for the pages that are on screen; it is asked to tell of them only while there is one. */
export class TraceFeed implements vscode.Disposable {
  readonly #deps: PanelDeps;
  readonly #listeners = new Set<FeedListener>();
  readonly #listening: vscode.Disposable;
  #gathered = new Map<string, Trace>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: PanelDeps) {
    this.#deps = deps;
    this.#listening = vscode.Disposable.from(
      deps.session.onNotification("traceChanged", (trace) => this.#gather(trace)),
      deps.session.onConnected(() => {
        if (this.#listeners.size > 0) void this.#watch();
      }),
    );
  }

  async add(listener: FeedListener): Promise<void> {
    const first = this.#listeners.size === 0;
    this.#listeners.add(listener);
    if (first) await this.#watch();
    else await this.#load([listener]);
  }

  remove(listener: FeedListener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gathered.clear();
    const { session, log } = this.#deps;
    if (session.state.kind === "starting" || session.state.kind === "stopped") return; // nobody tells us anything
    session
      .request("watchTraces", { on: false })
      .catch((e: unknown) => log.debug(`Watching was not ended: ${String(e)}`));
  }

  async #watch(): Promise<void> {
    try {
      await this.#deps.session.request("watchTraces", { on: true });
      await this.#load([...this.#listeners]);
    } catch (e) {
      // The page shows the session's state and its way out; it is asked again after the next connection.
      this.#deps.log.warn(`Traces can't be watched: ${e instanceof Error ? e.message : String(e)}`);
    }
  }

  async #load(listeners: readonly FeedListener[]): Promise<void> {
    try {
      const { traces } = await this.#deps.session.request("traces", { limit: maxListedTraces });
      for (const listener of listeners) if (this.#listeners.has(listener)) listener.all(traces);
    } catch (e) {
      this.#deps.log.warn(`Traces can't be read: ${e instanceof Error ? e.message : String(e)}`);
    }
  }

  #gather(trace: Trace): void {
    if (this.#listeners.size === 0) return;
    this.#gathered.delete(trace.id);
    this.#gathered.set(trace.id, trace);
    // A flood leaves only the newest that the list would show anyway.
    if (this.#gathered.size > maxListedTraces) this.#gathered.delete(this.#gathered.keys().next().value ?? "");
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const traces = [...this.#gathered.values()];
      this.#gathered = new Map();
      for (const listener of this.#listeners) listener.changed(traces);
    }, gatherMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listening.dispose();
    this.#listeners.clear();
  }
}
