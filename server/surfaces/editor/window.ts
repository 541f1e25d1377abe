import type { Scope } from "../../kit/scope.ts";
import type { Notice, NotificationName } from "../../protocol/editor.ts";
import type { EditorDeps } from "./deps.ts";

/** One window, as the handlers of its requests see it. */
export interface Window {
  readonly deps: EditorDeps;
  /** Ends with the connection. */
  readonly life: Scope;
  /** Resolves when the notice is written, so that its sender keeps the window's pace. Never rejects. */
  notify<N extends NotificationName>(name: N, params: Notice<N>): Promise<void>;
}

/** What a request's cancellation looks like from here. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(f: () => void): { dispose(): void };
}
