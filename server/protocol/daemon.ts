import * as z from "zod";

/** Raised when a window and a daemon of different versions could misunderstand each other. */
export const protocolVersion = 1;

/** What `serve --json` prints when it is ready, and what the owner-only file `daemon.json` in the data folder holds. */
export const readySchema = z.object({
  http: z.string(),
  token: z.string(),
  socket: z.string(),
  pid: z.int(),
  version: z.string(),
});
export type Ready = z.infer<typeof readySchema>;

/** `initializationOptions` of the editor's initialize request: the handshake. */
export const handshakeSchema = z.object({
  protocol: z.int(),
  token: z.string(),
  /** What the window calls itself, for the log. */
  window: z.string(),
});
export type Handshake = z.infer<typeof handshakeSchema>;
