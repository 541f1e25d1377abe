import type * as vscode from "vscode";
import type {
  Notice,
  NotificationName,
  Params,
  Problem,
  RequestName,
  Result,
  State,
} from "../server/protocol/editor.ts";

/**
 * Where this window stands with the daemon: one union, which every view renders. `daemon` is what the daemon last said
 * of itself.
 */
export type SessionState =
  /** Looking for the daemon, starting it, connecting again after it died, or waiting until it has looked for models. */
  | { readonly kind: "starting"; readonly what: string }
  | { readonly kind: "ready"; readonly daemon: State }
  /** It runs, but there is no model that could answer. */
  | { readonly kind: "no-model"; readonly daemon: State; readonly problem: Problem }
  /** The configuration file is wrong. With `daemon` the old one stays in force; without, the daemon can't start. */
  | { readonly kind: "config-fault"; readonly daemon: State | null; readonly message: string }
  /** There is no daemon and none is being started: a person must act. */
  | { readonly kind: "stopped"; readonly reason: string };

/**
 * This window's line to the daemon. It survives the daemon's end: a request made while there is no connection waits for
 * the next one, one that runs when the daemon dies rejects with a sentence that says so.
 */
export interface Session {
  readonly state: SessionState;
  readonly onState: vscode.Event<SessionState>;
  /** Resolves when there is a connection; rejects, with what to do, when the session stops before. */
  readonly ready: Promise<void>;
  /**
   * Sends `switchyard/<name>`. Rejects with an Error whose message can be shown as it is; with a `vscode.CancellationError`
   * when `token` was cancelled.
   */
  request<N extends RequestName>(name: N, params: Params<N>, token?: vscode.CancellationToken): Promise<Result<N>>;
  /** Listens to `switchyard/<name>`, across reconnections. */
  onNotification<N extends NotificationName>(name: N, handler: (params: Notice<N>) => void): vscode.Disposable;
  /** Fires after each (re)connection: what was asked of the daemon that died, such as `watchTraces`, is asked again. */
  readonly onConnected: vscode.Event<void>;
}

/** What a panel's host gets: `registerChatView`, `registerTimings`, `registerStats`. */
export interface PanelDeps {
  readonly context: vscode.ExtensionContext;
  readonly session: Session;
  readonly log: vscode.LogOutputChannel;
}
