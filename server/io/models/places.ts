import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where downloaded models are kept: the user's cache folder, shared by all checkouts and versions. */
export function defaultModelsDir(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env["XDG_CACHE_HOME"]) return join(env["XDG_CACHE_HOME"], "switchyard", "models");
  if (platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "switchyard", "cache", "models");
  }
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "switchyard", "models");
  return join(homedir(), ".cache", "switchyard", "models");
}

/** The nearest folder at or above this module that holds `path`; the product is either a bundle or a checkout. */
export function above(path: string, from: string = import.meta.dirname): string | null {
  let folder = from;
  for (let up = 0; up < 5; up++) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return null;
}

/** The script of the engine's process: dist/engine.js beside a bundle, server/engine.ts in a checkout. */
export function engineEntry(): string {
  const entry = import.meta.filename.endsWith(".ts") ? above(join("server", "engine.ts")) : above("engine.js");
  if (entry === null)
    throw new Error(
      "The engine's script isn't beside the daemon: this copy of Switchyard is incomplete. Install it again.",
    );
  return entry;
}
