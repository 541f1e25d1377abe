import type { Forget } from "../../domain/memory.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { ModelInfo, Params, Result, State } from "../../protocol/editor.ts";
import type { ExperimentsReport } from "../../protocol/experiments.ts";
import type { LearnedReport } from "../../protocol/learned.ts";
import type { Meter, Stats } from "../../protocol/stats.ts";
import type { Signal, Trace } from "../../protocol/trace.ts";

type Awaitable<T> = T | Promise<T>;

/** What the windows' surface reads of the ledger. */
export interface LedgerView {
  /** Newest first, running ones included. */
  traces(query: { readonly limit: number }): Awaitable<{ readonly traces: readonly Trace[] }>;
  trace(id: string): Awaitable<Trace | null>;
  stats(query: Params<"stats">): Awaitable<Stats>;
  onTrace(f: (trace: Trace) => void): Disposable;
  onMeter(f: (meter: Meter) => void): Disposable;
}

export type OnProgress = (message: string, done: number, total: number | null) => void;

export interface ModelsView {
  /** With what their own servers say of them. */
  configured(): Awaitable<readonly ModelInfo[]>;
  catalogue(): Awaitable<Result<"models">>;
  pull(name: string, onProgress: OnProgress, signal: AbortSignal): Promise<{ readonly path: string }>;
  installEngine(onProgress: OnProgress, signal: AbortSignal): Promise<{ readonly path: string }>;
}

/** Remembered answers, as a person may want them gone. */
export interface MemoryView {
  /** How many went. */
  forget(which: Forget): number;
  /** It was given for another question than its own; false: it wasn't there any more. */
  notAsked(trace: string): boolean;
}

/** What people did with answers, and what was learned from it. */
export interface LearningView {
  /** False: there is no such trace. */
  feedback(trace: string, signal: Signal): boolean;
  report(): LearnedReport;
  reset(): void;
}

/** What serving windows needs of the rest of the daemon. */
export interface EditorDeps {
  readonly gateway: Gateway;
  readonly ledger: LedgerView;
  readonly models: ModelsView;
  readonly memory: MemoryView;
  readonly learning: LearningView;
  /** As of a moment ago. Rejects when the ledger can't be read. */
  readonly experiments: () => Promise<ExperimentsReport>;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** What a window must show in its handshake. */
  readonly token: string;
  readonly dataDir: string;
  state(): State;
  onState(f: () => void): Disposable;
  /** Keeps a key in memory; null forgets it. */
  setSecret(name: string, value: string | null): void;
  /** The configuration file, written as a commented starter when there is none. */
  ensureConfig(): Promise<{ readonly path: string }>;
}

/** The windows' door, as the daemon holds it. */
export interface EditorServer {
  /** Opens the socket; its path, or the pipe's name on Windows. Rejects when the directory isn't safe to use. */
  listen(): Promise<string>;
  /** Windows that have shaken hands. */
  clients(): number;
  onClients(f: (count: number) => void): Disposable;
  /** Accepts nobody new, lets what runs end for at most `drainMs` milliseconds, then closes every connection. */
  close(drainMs?: number): Promise<void>;
}
