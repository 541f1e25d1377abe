import type { Socket } from "node:net";
import {
  type CancellationToken,
  createConnection,
  ErrorCodes,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver";
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import * as z from "zod";
import { messageOf } from "../../kit/log.ts";
import { Scope } from "../../kit/scope.ts";
import { handshakeSchema } from "../../protocol/daemon.ts";
import { notifications, type Params, type RequestName, type Result, requests } from "../../protocol/editor.ts";
import type { EditorDeps } from "./deps.ts";
import { handlers } from "./handlers.ts";
import { refusal } from "./handshake.ts";
import { latest } from "./latest.ts";
import { TraceWatch } from "./watch.ts";
import type { Window } from "./window.ts";

/** Milliseconds that a connection may take to shake hands. */
const handshakeMs = 10_000;

export interface WindowSession {
  /** Refuses what comes from now on; resolves when what runs has ended. */
  drain(): Promise<void>;
  end(why: string): void;
}

/**
 * One window's connection. Nothing here can end the process: vscode-languageserver's own watch on the client's process id,
 * its `exit` and the closed stream end this session alone.
 */
export function openSession(deps: EditorDeps, socket: Socket, on: { admitted(): void; ended(): void }): WindowSession {
  const { clock, log } = deps;
  const life = Scope.root(clock);
  const running = new Set<Promise<unknown>>();
  let name: string | null = null; // told by the handshake
  let draining = false;

  const reader = new StreamMessageReader(socket);
  const writer = new StreamMessageWriter(socket);
  // The library's own logger writes to the window. To one that is gone it throws where nobody catches it: the process's end.
  const complain = (message: string): void => log("debug", "a window's connection", { message });
  const logger = { error: complain, warn: complain, info: complain, log: complain };
  const connection = createConnection(() => createProtocolConnection(reader, writer, logger), {
    shutdownReceived: false,
    initialize: () => {},
    exit: () => life.end("the window said goodbye"),
  });
  const documents = new TextDocuments(TextDocument);
  const window: Window = {
    deps,
    life,
    async notify(notice, params) {
      if (life.ended) return;
      try {
        await connection.sendNotification(notifications[notice].method, params);
      } catch (e) {
        if (!life.ended) log("debug", "a notice did not reach its window", { notice, error: messageOf(e) });
      }
    },
  };
  const traces = new TraceWatch(clock, (trace) => window.notify("traceChanged", trace));
  const handle = handlers(window, documents, traces);

  /** Resolves when the answers given so far are on the wire. Clients ignore what begins with `$/` and is unknown to them. */
  async function written(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // the answer is queued by then, and this after it
    try {
      await connection.sendNotification("$/written");
    } catch {} // the window is gone: nobody waits
  }

  async function serve<N extends RequestName>(method: N, sent: unknown, token: CancellationToken): Promise<Result<N>> {
    if (name === null) throw new ResponseError(ErrorCodes.ServerNotInitialized, "shake hands first");
    if (draining) throw new ResponseError(LSPErrorCodes.RequestFailed, "the daemon is shutting down: ask again");
    const params = requests[method].params.safeParse(sent ?? null);
    if (!params.success) throw new ResponseError(ErrorCodes.InvalidParams, z.prettifyError(params.error));
    const work = handle[method](params.data as Params<N>, token);
    running.add(work);
    try {
      return await work;
    } catch (e) {
      if (e instanceof ResponseError) throw e;
      // Long work names its own faults; the facts are in the sentence, never in the parameters, which may hold a key.
      if (!token.isCancellationRequested) log("warn", "a window's request failed", { method, error: messageOf(e) });
      const code = token.isCancellationRequested ? LSPErrorCodes.RequestCancelled : LSPErrorCodes.RequestFailed;
      throw new ResponseError(code, messageOf(e));
    } finally {
      running.delete(work);
    }
  }

  for (const method of Object.keys(requests) as RequestName[]) {
    // Without parameters the token is the only argument.
    connection.onRequest<unknown, unknown>(requests[method].method, (...args: unknown[]) =>
      serve(method, args.length > 1 ? args[0] : null, args.at(-1) as CancellationToken),
    );
  }

  connection.onInitialize((params) => {
    const why = refusal(params.initializationOptions, deps.token, deps.version);
    if (why !== null) {
      log("warn", "a window was refused", { why });
      void written().then(() => life.end("refused"));
      return new ResponseError(LSPErrorCodes.RequestFailed, why);
    }
    name = handshakeSchema.parse(params.initializationOptions).window;
    tooLate.cancel();
    log("info", "a window connected", { window: name });
    const listening: Disposable[] = [
      deps.onState(() => sendState()),
      deps.ledger.onMeter(latest((meter) => window.notify("meterChanged", meter))),
    ];
    life.onEnd(() => {
      for (const one of listening) one[Symbol.dispose]();
    });
    on.admitted();
    return {
      capabilities: { textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental } },
      serverInfo: { name: "switchyard", version: deps.version },
    };
  });
  const push = latest(() => window.notify("stateChanged", deps.state()));
  const sendState = () => push(null);

  const tooLate = clock.after(handshakeMs, () => life.end("no handshake came"));
  socket.once("close", () => life.end("the connection was lost"));
  reader.onError((e) => {
    log("warn", "a window sent what is not JSON-RPC", { error: messageOf(e) });
    life.end("malformed messages");
  });
  life.onEnd((why) => {
    tooLate.cancel();
    traces[Symbol.dispose]();
    connection.dispose();
    socket.destroySoon(); // what is written still goes out
    if (name !== null) log("info", "a window left", { window: name, why });
    on.ended();
  });

  documents.listen(connection);
  connection.listen();
  socket.resume();
  return {
    async drain() {
      draining = true;
      await Promise.allSettled(running);
      await written();
    },
    end: (why) => life.end(why),
  };
}
