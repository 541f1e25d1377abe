import type { Copied } from "../../server/protocol/webview.ts";

/** The one line between a page and its host: typed messages each way, and a small state that survives hiding. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export interface Host<In, Out> {
  send(message: Out): void;
  listen(handler: (message: In) => void): void;
  /** Puts text on the clipboard; true once it is there. The host tells the person of a failure. */
  copy(text: string): Promise<boolean>;
  /** What `save` kept last; undefined the first time. */
  readonly saved: unknown;
  save(state: unknown): void;
}

/** To be called once a page: the editor hands its API out only once. */
export function connect<In, Out>(): Host<In, Out> {
  const api = acquireVsCodeApi();
  const copying: ((ok: boolean) => void)[] = [];
  return {
    send: (message) => api.postMessage(message),
    // Only the host can post to this page, and both ends are built together: the type is a promise, not a guess.
    listen: (handler) =>
      window.addEventListener("message", ({ data }: MessageEvent<In | Copied>) => {
        if (isCopied(data)) copying.shift()?.(data.ok);
        else handler(data);
      }),
    copy: (text) => {
      api.postMessage({ type: "copy", text });
      return new Promise((settle) => copying.push(settle));
    },
    saved: api.getState(),
    save: (state) => api.setState(state),
  };
}

const isCopied = (data: unknown): data is Copied => (data as { type?: unknown }).type === "copied";
