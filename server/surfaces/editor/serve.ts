import { chmod } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { messageOf } from "../../kit/log.ts";
import type { EditorDeps, EditorServer } from "./deps.ts";
import type { WindowSession } from "./session.ts";
import { prepareSocket } from "./socket.ts";

export type { EditorDeps, EditorServer, LedgerView, ModelsView, OnProgress } from "./deps.ts";

/** More windows than this are refused: a client that connects in a loop must not eat the daemon. */
const maxConnections = 256;

/** Serves the editor's windows over an owner-only socket. One window's end never affects another. */
export function serveEditors(deps: EditorDeps): EditorServer {
  const sockets = new Set<Socket>();
  const sessions = new Set<WindowSession>();
  const listeners = new Set<(count: number) => void>();
  const admitted = new Set<WindowSession>();
  let closing = false;

  const tell = () => {
    for (const f of listeners) f(admitted.size);
  };

  async function accept(socket: Socket): Promise<void> {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", (e) => deps.log("debug", "a window's connection broke", { error: messageOf(e) }));
    socket.pause();
    const { openSession } = await import("./session.ts"); // the first window loads it, not the daemon's start
    if (closing || socket.destroyed) return void socket.destroy();
    const session = openSession(deps, socket, {
      admitted: () => {
        admitted.add(session);
        tell();
      },
      ended: () => {
        sessions.delete(session);
        if (admitted.delete(session)) tell();
      },
    });
    sessions.add(session);
  }

  const server: Server = createServer((socket) => {
    accept(socket).catch((e: unknown) => {
      deps.log("error", "a window could not be served", { error: messageOf(e) });
      socket.destroy();
    });
  });
  server.maxConnections = maxConnections;
  server.on("drop", () => deps.log("warn", "too many windows: a connection was refused", { limit: maxConnections }));

  return {
    async listen() {
      const path = await prepareSocket(deps);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(path, () => {
          server.off("error", reject);
          resolve();
        });
      });
      server.on("error", (e) => deps.log("error", "the windows' socket failed", { error: messageOf(e) }));
      if (process.platform !== "win32") await chmod(path, 0o600);
      return path;
    },
    clients: () => admitted.size,
    onClients(f) {
      listeners.add(f);
      return { [Symbol.dispose]: () => void listeners.delete(f) };
    },
    async close(drainMs = 10_000) {
      closing = true;
      const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
      let ring: () => void = () => {};
      const late = new Promise<void>((resolve) => {
        ring = resolve;
      });
      const timer = deps.clock.after(drainMs, ring);
      await Promise.race([late, Promise.all([...sessions].map((s) => s.drain()))]);
      timer.cancel();
      for (const session of sessions) session.end("the daemon is shutting down");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
