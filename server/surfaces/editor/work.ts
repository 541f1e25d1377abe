import type { CancellationToken } from "vscode-languageserver";
import type { Notice } from "../../protocol/editor.ts";
import type { OnProgress } from "./deps.ts";
import { latest } from "./latest.ts";

export type Work = (onProgress: OnProgress, signal: AbortSignal) => Promise<{ readonly path: string }>;

/** Runs long work for a window: its progress goes out as it comes, a cancelled request or a lost window stops it. */
export async function runWork(
  id: string,
  token: CancellationToken,
  gone: AbortSignal,
  send: (progress: Notice<"workProgress">) => Promise<void>,
  work: Work,
): Promise<{ path: string }> {
  const stop = new AbortController();
  const listening = token.onCancellationRequested(() => stop.abort());
  const tell = latest(send);
  try {
    const signal = AbortSignal.any([stop.signal, gone]);
    return { path: (await work((message, done, total) => tell({ id, message, done, total }), signal)).path };
  } finally {
    listening.dispose();
  }
}
