import type { Socket } from "node:net";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, State } from "vscode-languageclient/node";
import { type Handshake, protocolVersion } from "../../server/protocol/daemon.ts";

/** Documents that the daemon is kept in step with: what can be completed, and no chat input or output panel. */
export const documentSelector = [{ scheme: "file" }, { scheme: "untitled" }];

/** The session says what is wrong, in one place: the client's own pop-ups stay away. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
  override info(message: string, data?: unknown): void {
    super.info(message, data, false);
  }
}

/**
 * The log without tracing. At the level "trace" the client would print every message, the handshake's token, keys and
 * prompts among them.
 */
function untraced(log: vscode.LogOutputChannel): vscode.LogOutputChannel {
  return new Proxy(log, {
    get(target, property) {
      if (property === "logLevel") return vscode.LogLevel.Info;
      if (property === "onDidChangeLogLevel") return () => new vscode.Disposable(() => {});
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** One connection's client, hands shaken. `onClosed` is called once, when the connection is lost. Rejects when refused. */
export async function openClient(
  socket: Socket,
  token: string,
  log: vscode.LogOutputChannel,
  onClosed: () => void,
): Promise<LanguageClient> {
  const handshake: Handshake = { protocol: protocolVersion, token, window: `${vscode.env.appName} ${process.pid}` };
  const quiet = untraced(log);
  const client = new QuietClient(
    "switchyard",
    "Switchyard",
    async () => ({ reader: socket, writer: socket, detached: true }),
    {
      documentSelector,
      initializationOptions: handshake,
      outputChannel: quiet,
      traceOutputChannel: quiet,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    },
  );
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped) onClosed();
  });
  socket.once("close", onClosed);
  try {
    await client.start();
  } catch (e) {
    socket.destroy();
    throw e;
  }
  return client;
}
