import { connect } from "node:net";
import { createProtocolConnection, type ProtocolConnection } from "vscode-languageserver/node";
import type { Event } from "../../server/domain/event.ts";
import { type Fault, fault } from "../../server/domain/fault.ts";
import type { Request } from "../../server/domain/request.ts";
import { Channel } from "../../server/kit/channel.ts";
import { systemClock } from "../../server/kit/clock.ts";
import type { Scope } from "../../server/kit/scope.ts";
import { protocolVersion } from "../../server/protocol/daemon.ts";
import type { Notice, NotificationName, Params, RequestName, Result, State } from "../../server/protocol/editor.ts";
import type { Meter, Stats } from "../../server/protocol/stats.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import type { EditorDeps } from "../../server/surfaces/editor/serve.ts";

/** A request that reached the fake gateway: the test answers it by hand. */
export class Served {
  readonly request: Request;
  readonly scope: Scope;
  readonly events = new Channel<Event>();
  constructor(request: Request, scope: Scope) {
    this.request = request;
    this.scope = scope;
    scope.onEnd(() => this.fail(fault("cancelled", "cancelled")));
  }
  say(...events: Event[]): void {
    for (const event of events) this.events.push(event);
  }
  done(): void {
    this.say({ type: "done", stop: "stop" });
    this.events.close();
  }
  fail(what: Fault): void {
    this.say({ type: "error", fault: what });
    this.events.close();
  }
}

export const meter: Meter = {
  day: "2026-11-21",
  requests: 0,
  running: 0,
  spentNanos: 0,
  savedNanos: 0,
  unknownCost: 0,
  estimated: false,
  recalled: 0,
  recalledSavedNanos: 0,
};

/** Everything the windows' surface needs, under the test's control; `deps` can be spread over. */
export function fakeDaemon(dataDir: string) {
  const served = new Channel<Served>();
  const traceListeners = new Set<(trace: Trace) => void>();
  const meterListeners = new Set<(meter: Meter) => void>();
  const stateListeners = new Set<() => void>();
  const secrets = new Map<string, string | null>();
  const logged: string[] = [];
  const state: State = {
    version: "1.2.3",
    pid: process.pid,
    http: "http://127.0.0.1:1",
    dataDir,
    configFile: "/config.jsonc",
    models: [],
    offers: [],
    problems: [],
    meter,
  };
  const listen = <T>(set: Set<T>, f: T): Disposable => {
    set.add(f);
    return { [Symbol.dispose]: () => void set.delete(f) };
  };
  const deps: EditorDeps = {
    gateway: {
      privacy: (paths) =>
        paths.some((p) => p.endsWith(".env"))
          ? { verdict: "nowhere", rule: "deny:**/.env*" }
          : { verdict: "anywhere", rule: "default" },
      serve(request, scope) {
        const one = new Served(request, scope);
        served.push(one);
        return one.events;
      },
    },
    ledger: {
      traces: () => ({ traces: [] }),
      trace: () => null,
      stats: ({ from, to, by }) => ({ from, to, by, total: {} as Stats["total"], rows: [] }),
      onTrace: (f) => listen(traceListeners, f),
      onMeter: (f) => listen(meterListeners, f),
    },
    models: {
      configured: () => state.models,
      catalogue: () => ({ models: [], engine: { installed: false, note: "" } }),
      pull: (_name, onProgress, signal) =>
        new Promise((_, reject) => {
          onProgress("fetching", 1, 10);
          signal.addEventListener("abort", () => reject(new Error("the pull was stopped")));
        }),
      installEngine: async () => ({ path: "/engine" }),
    },
    memory: { forget: () => 0, notAsked: () => false },
    experiments: async () => ({ experiments: [] }),
    learning: { feedback: () => false, report: () => ({ enabled: true, since: null, rows: [] }), reset: () => {} },
    clock: systemClock,
    log: (level, message, facts) => logged.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
    version: "1.2.3",
    token: "the-token",
    dataDir,
    state: () => state,
    onState: (f) => listen(stateListeners, f),
    setSecret: (name, value) => void secrets.set(name, value),
    ensureConfig: async () => ({ path: "/config.jsonc" }),
  };
  return {
    deps,
    /** The next request that reaches the gateway. */
    nextServed: async (): Promise<Served> => (await served.next()).value as Served,
    tellTrace: (trace: Trace) => {
      for (const f of traceListeners) f(trace);
    },
    tellMeter: (value: Meter) => {
      for (const f of meterListeners) f(value);
    },
    tellState: () => {
      for (const f of stateListeners) f();
    },
    traceListeners,
    secrets,
    logged,
  };
}

/** One window's end of the line, on a real socket. */
export class FakeWindow {
  readonly connection: ProtocolConnection;
  readonly closed: Promise<void>;
  readonly #destroy: () => void;

  private constructor(connection: ProtocolConnection, closed: Promise<void>, destroy: () => void) {
    this.connection = connection;
    this.closed = closed;
    this.#destroy = destroy;
  }

  static async open(path: string): Promise<FakeWindow> {
    const socket = connect(path);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const connection = createProtocolConnection(socket, socket);
    connection.onUnhandledNotification(() => {});
    connection.listen();
    return new FakeWindow(connection, closed, () => socket.destroy());
  }

  static async admitted(path: string, token = "the-token", processId: number | null = null): Promise<FakeWindow> {
    const window = await FakeWindow.open(path);
    await window.initialize({ protocol: protocolVersion, token, window: "test" }, processId);
    return window;
  }

  initialize(initializationOptions: unknown, processId: number | null = null): Promise<unknown> {
    return this.connection.sendRequest("initialize", {
      processId,
      rootUri: null,
      capabilities: {},
      initializationOptions,
    });
  }

  request<N extends RequestName>(name: N, params: Params<N>, token?: Parameters<ProtocolConnection["sendRequest"]>[2]) {
    return this.connection.sendRequest(`switchyard/${name}`, params, token) as Promise<Result<N>>;
  }

  notices<N extends NotificationName>(name: N): Channel<Notice<N>> {
    const all = new Channel<Notice<N>>();
    this.connection.onNotification(`switchyard/${name}`, (params: Notice<N>) => all.push(params));
    return all;
  }

  open(uri: string, languageId: string, text: string): Promise<void> {
    return this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  /** As when the window's process dies. */
  destroy(): void {
    this.connection.dispose();
    this.#destroy();
  }
}
