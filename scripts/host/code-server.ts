import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endAll, gone, pidsNaming, signal, spawnLogged } from "./processes.ts";

const root = resolve(import.meta.dirname, "../..");
export const codeServerEntry = join(root, "scripts/workbench/node_modules/code-server/out/node/entry.js");

/** Folders of one editor, all its own, so that nothing of the user's is read or written. */
export interface Places {
  readonly base: string;
  readonly user: string;
  readonly extensions: string;
  readonly config: string;
  readonly data: string;
  readonly cache: string;
  /** Short, as sockets lie in it, and no other run's: it tells this run's processes from others. */
  readonly temp: string;
}

/** The environment in which the editor, its extensions and their daemon live in `places` alone. */
export function editorEnv(places: Places, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const runtime = join(places.temp, "run");
  for (const folder of [places.user, places.extensions, places.config, places.data, places.cache, places.temp])
    mkdirSync(folder, { recursive: true });
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_CONFIG_HOME: places.config,
    XDG_DATA_HOME: places.data,
    XDG_CACHE_HOME: places.cache,
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: places.temp,
    ...more,
  };
  // What an outer editor or npm left would steer the inner one.
  for (const name of Object.keys(env)) if (/^(VSCODE_|npm_|NODE_OPTIONS$|ELECTRON_)/.test(name)) delete env[name];
  return env;
}

export function placesUnder(base: string, temp: string, extensions = join(base, "extensions")): Places {
  return {
    base,
    user: join(base, "user"),
    extensions,
    config: join(base, "config"),
    data: join(base, "data"),
    cache: join(base, "cache"),
    temp,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function arguments_(places: Places, config: string): string[] {
  return [codeServerEntry, "--config", config, "--user-data-dir", places.user, "--extensions-dir", places.extensions];
}

/** Installs a vsix the way a user does; rejects with what code-server said. */
export async function installVsix(vsix: string, places: Places, env: NodeJS.ProcessEnv): Promise<void> {
  const log = join(places.base, "install.log");
  const config = writeServerConfig(places, 0);
  const child = spawnLogged(process.execPath, [...arguments_(places, config), "--install-extension", vsix, "--force"], {
    env,
    log,
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error(`code-server could not install ${vsix}:\n${readFileSync(log, "utf8")}`);
}

function writeServerConfig(places: Places, port: number): string {
  const file = join(places.base, "code-server.yaml");
  writeFileSync(file, `bind-addr: 127.0.0.1:${port}\nauth: none\ncert: false\n`);
  return file;
}

export interface EditorServer {
  readonly url: string;
  /** Ends it, its extension hosts and the daemon that they started, and waits for all of them. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  /** Written to the user's settings.json. */
  readonly settings: Record<string, unknown>;
}

/** Starts code-server and resolves when it answers. */
export async function startEditor(options: StartOptions): Promise<EditorServer> {
  const { places, env, port } = options;
  mkdirSync(join(places.user, "User"), { recursive: true });
  writeFileSync(join(places.user, "User/settings.json"), JSON.stringify(options.settings, null, 2));
  const log = join(places.base, "code-server.log");
  const child = spawnLogged(
    process.execPath,
    [
      ...arguments_(places, writeServerConfig(places, port)),
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-workspace-trust",
      "--disable-getting-started-override",
      "--ignore-last-opened",
      "--reconnection-grace-time",
      "20",
    ],
    { env, log },
  );
  let exit: string | null = null;
  child.once("exit", (code, by) => {
    exit = `ended with ${code ?? by}`;
  });
  child.once("error", (error) => {
    exit = error.message;
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (process.platform === "linux") return endAll(() => pidsNaming(places.temp), 10_000);
    if (child.pid === undefined || exit !== null) return;
    signal(process.platform === "win32" ? child.pid : -child.pid, "SIGTERM");
    await gone(() => [child.pid!], 10_000);
  };
  const until = performance.now() + 30_000;
  while (!(await answers(`${url}/healthz`))) {
    if (exit !== null || performance.now() > until) {
      await stop();
      throw new Error(`code-server ${exit ?? "did not answer in 30 s"}:\n${readFileSync(log, "utf8")}`);
    }
    await sleep(100);
  }
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // not listening yet
  }
}

/** An editor with nothing between the person and the sample: no welcome, no updates, no other assistant. */
export const quietSettings: Record<string, unknown> = {
  "files.autoSave": "off", // its own default saves, and the daemon would read, a half-typed configuration
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "editor.minimap.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
  "typescript.disableAutomaticTypeAcquisition": true,
  "typescript.tsserver.maxTsServerMemory": 512,
};
