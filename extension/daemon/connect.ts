import { connect as connectSocket, type Socket } from "node:net";

/** Milliseconds within which a local socket answers, or nobody listens. */
const connectMs = 2_000;

/** Connects to a daemon's socket or pipe; null when nobody listens there (any more). */
export function connect(path: string): Promise<Socket | null> {
  if (path === "") return Promise.resolve(null); // a daemon that has found no place for one
  return new Promise((resolve) => {
    const socket = connectSocket(path);
    const fail = () => {
      socket.destroy();
      resolve(null);
    };
    socket.setTimeout(connectMs, fail);
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
