import type { Socket } from "node:net";
import { join } from "node:path";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { logFile, type Ready } from "../../server/protocol/daemon.ts";
import type { Notice, NotificationName, Params, RequestName, Result } from "../../server/protocol/editor.ts";
import { DisposableList } from "../disposables.ts";
import type { Session, SessionState } from "../session.ts";
import { Backoff } from "./backoff.ts";
import { openClient } from "./client.ts";
import { connect } from "./connect.ts";
import { Gate } from "./gate.ts";
import { dataDirOf, readReady } from "./locate.ts";
import { boundLog } from "./log-file.ts";
import { ConfigFault, type DaemonOptions, isAlive, startDaemon } from "./start.ts";
import { daemonOf, stateOf } from "./state.ts";

const notices = {
  chatEvent: true,
  stateChanged: true,
  meterChanged: true,
  traceChanged: true,
  workProgress: true,
} satisfies Record<NotificationName, true>;

/** Milliseconds between looks at the size of the daemon's log. */
const boundLogEveryMs = 600_000;
/** Milliseconds that a daemon asked to end may take: its running requests get ten seconds. */
const endWithinMs = 12_000;

export interface DaemonSessionDeps {
  readonly log: vscode.LogOutputChannel;
  /** `dataDir` as set: empty for the default. */
  readonly options: () => DaemonOptions;
  /** The keys to hand over after each connect, by name. */
  readonly secrets: () => Promise<ReadonlyMap<string, string>>;
}

type Handler = (params: never) => void;

/** Finds the daemon or starts it, connects, and does so again whenever the connection is lost. */
export class DaemonSession implements Session, vscode.Disposable {
  readonly #deps: DaemonSessionDeps;
  readonly #owned = new DisposableList();
  readonly #stateChanged = this.#owned.add(new vscode.EventEmitter<SessionState>());
  readonly #connected = this.#owned.add(new vscode.EventEmitter<void>());
  readonly #handlers = new Map<NotificationName, Set<Handler>>();
  readonly #gate = new Gate();
  readonly #backoff = new Backoff();
  readonly onState = this.#stateChanged.event;
  readonly onConnected = this.#connected.event;
  #state: SessionState = { kind: "starting", what: "Looking for the daemon" };
  #client: LanguageClient | null = null;
  /** The daemon of the last connection: one whose data folder can't be written isn't found by its file. */
  #last: (Ready & { readonly dataDir: string }) | null = null;
  /** Where the daemon that this window started writes; null: the usual place. */
  #log: string | null = null;
  /** Ends the tries under way; a new one for each `run`. */
  #stop = new AbortController();
  #run: Promise<void> = Promise.resolve();

  constructor(deps: DaemonSessionDeps) {
    this.#deps = deps;
    this.onNotification("stateChanged", (state) => this.#set(stateOf(state)));
    this.onNotification("meterChanged", (meter) => {
      const daemon = daemonOf(this.#state);
      if (daemon) this.#set(stateOf({ ...daemon, meter }));
    });
    const timer = setInterval(() => {
      boundLog(this.logFile).catch((e: unknown) => this.#deps.log.warn(`The daemon's log was not cut: ${text(e)}`));
    }, boundLogEveryMs);
    this.#owned.add({ dispose: () => clearInterval(timer) });
    this.#begin();
  }

  get state(): SessionState {
    return this.#state;
  }

  get ready(): Promise<void> {
    return this.#gate.promise;
  }

  /** Where the daemon writes what it has to say. */
  get logFile(): string {
    return this.#log ?? join(dataDirOf(this.#deps.options().dataDir), logFile);
  }

  async request<N extends RequestName>(
    name: N,
    params: Params<N>,
    token?: vscode.CancellationToken,
  ): Promise<Result<N>> {
    await (token ? orCancelled(this.#gate.promise, token) : this.#gate.promise);
    const client = this.#client;
    if (!client) throw new Error("The daemon is not connected: try again in a moment");
    try {
      return await client.sendRequest<Result<N>>(`switchyard/${name}`, params, token);
    } catch (e) {
      if (token?.isCancellationRequested) throw new vscode.CancellationError();
      if (!isAnswer(e))
        throw new Error("The daemon ended before the answer was complete. Ask again: it is being started.", {
          cause: e,
        });
      throw e;
    }
  }

  onNotification<N extends NotificationName>(name: N, handler: (params: Notice<N>) => void): vscode.Disposable {
    const set = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, set);
    set.add(handler as Handler);
    return { dispose: () => void set.delete(handler as Handler) };
  }

  /** Ends the daemon, for every window, and starts a new one. Also the way out when the session has stopped. */
  async restart(): Promise<void> {
    this.#stop.abort();
    await this.#run;
    this.#set({ kind: "starting", what: "Restarting the daemon" });
    this.#gate.shut();
    const found = await this.#find(dataDirOf(this.#deps.options().dataDir));
    if (found) {
      const { pid } = found.ready;
      found.socket.destroy(); // it lives, so that the process id is its own
      process.kill(pid, "SIGTERM");
      for (let waited = 0; isAlive(pid) && waited < endWithinMs; waited += 50) await pause(50);
    }
    this.#backoff.reset();
    this.#begin();
  }

  /** Tries again after a stop, when something has changed that was in the way. */
  retry(): void {
    if (this.#state.kind !== "stopped" && !(this.#state.kind === "config-fault" && !this.#state.daemon)) return;
    this.#backoff.reset();
    this.#gate.shut();
    this.#begin();
  }

  dispose(): void {
    this.#stop.abort();
    this.#gate.fail(new Error("This window is closing"));
    this.#owned.dispose();
  }

  /** Says goodbye before the window closes, so that the daemon need not find out. */
  async close(): Promise<void> {
    this.dispose();
    await this.#run;
  }

  #begin(): void {
    this.#stop = new AbortController();
    this.#run = this.#keepConnected(this.#stop.signal);
  }

  /** Runs until aborted, or until only a person can help. */
  async #keepConnected(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let why: unknown = "The connection to the daemon was lost";
      try {
        await this.#connectOnce(signal);
      } catch (e) {
        if (signal.aborted) return;
        if (e instanceof ConfigFault) return this.#give({ kind: "config-fault", daemon: null, message: e.message });
        why = e;
      }
      if (signal.aborted) return;
      this.#deps.log.warn(text(why));
      const wait = this.#backoff.failed(performance.now());
      if (wait === null) return this.#give({ kind: "stopped", reason: text(why) });
      this.#set({ kind: "starting", what: "The daemon ended; starting it again" });
      await pause(wait, signal);
    }
  }

  /** One connection, from its search to its end. */
  async #connectOnce(signal: AbortSignal): Promise<void> {
    const options = {
      ...this.#deps.options(),
      dataDir: dataDirOf(this.#deps.options().dataDir),
      onLog: (path: string) => {
        this.#log = path;
      },
    };
    let { ready, socket } = (await this.#find(options.dataDir)) ?? {};
    if (!socket) {
      this.#set({ kind: "starting", what: "Starting the daemon" });
      ready = await startDaemon(options, signal);
      socket = (await connect(ready.socket)) ?? undefined;
    }
    if (!ready || !socket) throw new Error(`The daemon does not answer at ${ready?.socket || options.dataDir}`);
    let closed = () => {};
    const end = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const client = await openClient(socket, ready.token, this.#deps.log, closed);
    try {
      if (signal.aborted) return;
      for (const name of Object.keys(notices) as NotificationName[])
        client.onNotification(`switchyard/${name}`, (params: unknown) => {
          for (const handler of this.#handlers.get(name) ?? []) handler(params as never);
        });
      // Untraced and never logged, so by hand and not by `request`, whose failures may be shown.
      for (const [name, value] of await this.#deps.secrets())
        await client.sendRequest("switchyard/secret", { name, value } satisfies Params<"secret">);
      const state = await client.sendRequest<Result<"state">>("switchyard/state", null);
      this.#client = client;
      this.#last = { ...ready, dataDir: options.dataDir };
      this.#backoff.connected(performance.now());
      this.#deps.log.info(`Connected to daemon ${state.version}, process ${state.pid}`);
      this.#set(stateOf(state));
      this.#gate.open();
      this.#connected.fire();
      signal.addEventListener("abort", closed, { once: true });
      await end;
    } finally {
      if (this.#client === client) this.#client = null;
      this.#gate.shut();
      await client.stop(1_000).catch(() => {}); // it is gone already, or will find out by itself
      socket.destroy();
    }
  }

  /** A living daemon: the data folder's or, as one that can't be written names none, the one last connected to. */
  async #find(dataDir: string): Promise<{ readonly ready: Ready; readonly socket: Socket } | null> {
    const last = this.#last?.dataDir === dataDir ? this.#last : null;
    this.#last = null; // tried once: another may answer there by then, and refuse this one's token
    for (const ready of [await readReady(dataDir), last]) {
      const socket = ready && (await connect(ready.socket));
      if (!socket) continue;
      if (ready !== last) this.#log = null;
      return { ready, socket };
    }
    return null;
  }

  /** Nothing more is tried; whoever waits is told why. */
  #give(state: Extract<SessionState, { kind: "stopped" | "config-fault" }>): void {
    const why = state.kind === "stopped" ? state.reason : state.message;
    this.#gate.fail(new Error(`The daemon is not running: ${why}`));
    this.#set(state);
  }

  #set(state: SessionState): void {
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}

/** JSON-RPC's codes for what the daemon itself answered; any other failure is the connection's. */
const answers: readonly unknown[] = [-32803, -32802, -32800, -32603, -32602, -32601, -32002];
const isAnswer = (e: unknown): boolean => e instanceof Error && "code" in e && answers.includes(e.code);

const text = (e: unknown): string => (e instanceof Error ? e.message : String(e));

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** `promise`, given up when the token is cancelled. */
async function orCancelled(promise: Promise<void>, token: vscode.CancellationToken): Promise<void> {
  if (token.isCancellationRequested) throw new vscode.CancellationError();
  let listening: vscode.Disposable | null = null;
  try {
    await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        listening = token.onCancellationRequested(() => reject(new vscode.CancellationError()));
      }),
    ]);
  } finally {
    (listening as vscode.Disposable | null)?.dispose();
  }
}
