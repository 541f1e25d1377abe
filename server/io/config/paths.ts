import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** `$XDG_CONFIG_HOME/switchyard/config.jsonc`, or the platform's own place. */
export function defaultConfigFile(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homeOf(env, platform);
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

/** Where ledger, lock and socket are, unless `--data` says otherwise. */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = homeOf(env, platform);
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

const homeOf = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string =>
  (platform === "win32" ? env["USERPROFILE"] : env["HOME"]) || homedir();

/** The XDG specification: a relative path is ignored. */
const absolute = (path: string | undefined): string | undefined => (path?.startsWith("/") ? path : undefined);
