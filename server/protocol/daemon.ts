import { posix, win32 } from "node:path";
import * as z from "zod";

/** Raised when a window and a daemon of different versions could misunderstand each other. */
export const protocolVersion = 2;

/** What `serve --json` prints when it is ready, and what the owner-only file `daemon.json` in the data folder holds. */
export const readySchema = z.object({
  http: z.string(),
  token: z.string(),
  socket: z.string(),
  pid: z.int(),
  version: z.string(),
});
export type Ready = z.infer<typeof readySchema>;

/** Names of the data folder's files that a window reads: what the running daemon offers, and its log. */
export const readyFile = "daemon.json";
export const logFile = "daemon.log";

/** `initializationOptions` of the editor's initialize request: the handshake. */
export const handshakeSchema = z.object({
  protocol: z.int(),
  token: z.string(),
  /** What the window calls itself, for the log. */
  window: z.string(),
});
export type Handshake = z.infer<typeof handshakeSchema>;

type Env = Readonly<Record<string, string | undefined>>;

/** The XDG specification: a relative path is ignored. */
const absolute = (path: string | undefined): string | undefined => (path?.startsWith("/") ? path : undefined);
const homeOf = (env: Env, platform: string, home: string): string =>
  (platform === "win32" ? env["USERPROFILE"] : env["HOME"]) || home;

/** Where the data folder is when nobody says otherwise: a window looks where the daemon would be. */
export function defaultDataDir(platform: string, env: Env, fallbackHome: string): string {
  const home = homeOf(env, platform, fallbackHome);
  const xdg = absolute(env["XDG_DATA_HOME"]);
  switch (platform) {
    case "win32":
      return win32.join(env["LOCALAPPDATA"] ?? win32.join(home, "AppData", "Local"), "switchyard", "data");
    case "darwin":
      return posix.join(xdg ?? posix.join(home, "Library", "Application Support"), "switchyard", "data");
    default:
      return posix.join(xdg ?? posix.join(home, ".local", "share"), "switchyard");
  }
}

/** Where the configuration file is when nobody says otherwise. */
export function defaultConfigFile(platform: string, env: Env, fallbackHome: string): string {
  const home = homeOf(env, platform, fallbackHome);
  const xdg = absolute(env["XDG_CONFIG_HOME"]);
  switch (platform) {
    case "win32":
      return win32.join(env["APPDATA"] ?? win32.join(home, "AppData", "Roaming"), "switchyard", "config.jsonc");
    case "darwin":
      return posix.join(xdg ?? posix.join(home, "Library", "Application Support"), "switchyard", "config.jsonc");
    default:
      return posix.join(xdg ?? posix.join(home, ".config"), "switchyard", "config.jsonc");
  }
}
