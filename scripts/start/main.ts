/** Builds, starts the daemon and an editor on a sample workspace, and ends both when told to. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { rotateLog } from "../../extension/daemon/log-file.ts";
import { defaultDataDir, logFile } from "../../server/protocol/daemon.ts";
import { editorEnv, freePort, installVsix, placesUnder, quietSettings, startEditor } from "../host/code-server.ts";
import { endAll, pidsNaming, spawnLogged } from "../host/processes.ts";
import { vsixPath } from "../package.ts";
import { modelsOf, startDaemon } from "./daemon.ts";

const root = resolve(import.meta.dirname, "../..");
const began = performance.now();
const say = (text: string): void =>
  console.log(`[${((performance.now() - began) / 1000).toFixed(0).padStart(3)} s] ${text}`);

const { values } = parseArgs({ options: { port: { type: "string" }, desktop: { type: "boolean", default: false } } });
const port = values.port === undefined ? await freePort() : Number(values.port);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`--port ${values.port} is no port: give a number from 1 to 65535`);
  process.exit(2);
}

const smallModel = "smollm2-135m-instruct";
const base = join(root, ".cache/start");
const temp = mkdtempSync(join(tmpdir(), "sy"));
const places = placesUnder(base, temp);
const own = process.env;
/** Configuration and models stay the user's own, shared with every checkout; the rest is this one's. */
const env = editorEnv(places, {
  XDG_CONFIG_HOME: own["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"),
  XDG_CACHE_HOME: own["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
});
/** The data folder and log that the editor looks for: *Show Log* opens it. */
const dataDir = defaultDataDir(process.platform, env, homedir());
const daemonLog = join(dataDir, logFile);
const undo: (() => Promise<void> | void)[] = [() => rmSync(temp, { recursive: true, force: true, maxRetries: 5 })];

let stopping: Promise<void> | null = null;
/** Ends everything that was started, also what the editor started itself. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    for (const step of undo.splice(0).reverse()) await step();
  })();
  return stopping;
}
const asked = new Promise<string>((done) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => done(signal));
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) done("the terminal is gone"); // a parent that was killed passes no signal on
  }, 1_000);
  watch.unref();
});

/** Runs a script to its end, or until everything is stopped; resolves with its exit code. */
async function run(args: readonly string[], stdout: "ignore" | "inherit" = "ignore"): Promise<number> {
  if (stopping) throw new Error("stopped");
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", stdout, "inherit"] });
  const kill = (): void => void child.kill();
  undo.push(kill);
  const code = await new Promise<number>((done) => child.once("exit", (status) => done(status ?? 1)));
  undo.splice(undo.indexOf(kill), 1);
  if (stopping) throw new Error("stopped");
  return code;
}

async function step(name: string, script: string): Promise<void> {
  say(`${name} …`);
  if ((await run([join(root, script)])) !== 0) throw new Error(`${name} failed, see above`);
}

async function start(): Promise<string> {
  await step("building", "scripts/build.ts");
  await step("packaging the extension", "scripts/package.ts");
  undo.push(() => endAll(() => pidsNaming(temp), 10_000));
  const bin = join(root, "dist/switchyard.js");
  shareEngine();
  await rotateLog(daemonLog);
  say("starting the daemon …");
  let daemon = await startDaemon(bin, env, daemonLog);
  undo.push(() => daemon.stop());
  let models = await modelsOf(daemon.ready);
  if (models.length === 0) {
    say("no model found here: fetching a small one (98 MB), so that there is something to try");
    const status = await run([bin, "models", "pull", smallModel], "inherit");
    if (status !== 0) say("no model could be fetched; the editor shows how to add one");
    models = await modelsOf(daemon.ready);
    if (status === 0 && models.length === 0) {
      await daemon.stop();
      daemon = await startDaemon(bin, env, daemonLog);
      models = await modelsOf(daemon.ready);
    }
  }
  const workspace = join(base, "departures");
  if (!existsSync(workspace)) cpSync(join(import.meta.dirname, "sample"), workspace, { recursive: true });
  mkdirSync(base, { recursive: true });
  const answers = models.length > 0 ? models.join(", ") : "no model yet";
  const line = [
    `daemon    ${daemon.ready.http} (pid ${daemon.ready.pid}); answers with: ${answers}`,
    ...advice(models),
  ];
  return values.desktop ? openDesktop(workspace, line) : openBrowser(workspace, line);
}

/** The model that a newcomer starts with is only a beginning. */
function advice(models: readonly string[]): string[] {
  if (models.length > 0 && models.some((id) => id !== smallModel)) return [];
  const about =
    models.length > 0 ? `${smallModel} is tiny, something to begin with` : "the chat says how to add a model";
  return [
    `better    ${about}: F1, "Switchyard: Pull a Model…" lists larger ones;`,
    `          your own servers and keys go into the configuration, F1, "Switchyard: Open Configuration"`,
  ];
}

/** A daemon that the editor starts runs from the installed extension, far from the checkout and the engine in it. */
function shareEngine(): void {
  if (!dataDir.startsWith(base)) return; // on Windows it is the person's own: nothing is put there
  const engine = join(dataDir, "engine");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(engine)) symlinkSync(join(root, "scripts/engine"), engine, "junction");
}

async function openBrowser(workspace: string, about: readonly string[]): Promise<string> {
  say("installing the extension …");
  await installVsix(vsixPath(), places, env);
  say("starting the editor …");
  const server = await startEditor({
    places,
    env,
    port,
    settings: { ...quietSettings, "workbench.startupEditor": "readme" },
  });
  undo.push(() => server.stop());
  const url = `${server.url}/?folder=${encodeURI(workspace)}`;
  return [
    `Switchyard is open at ${url}`,
    `  editor    VS Code in the browser (code-server), with the extension of ${vsixPath()}`,
    ...about.map((line) => `  ${line}`),
    `  workspace ${workspace}`,
    `  logs      ${base}; the daemon's: ${daemonLog}`,
  ].join("\n");
}

function openDesktop(workspace: string, about: readonly string[]): string {
  const folders = ["--user-data-dir", places.user, "--extensions-dir", places.extensions];
  const code = process.platform === "win32" ? "code.cmd" : "code";
  const { status, error } = spawnSync(code, [...folders, "--install-extension", vsixPath(), "--force"], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0)
    throw new Error(`"code" could not install the extension: ${error?.message ?? `it ended with ${status}`}`);
  const window: ChildProcess = spawnLogged(code, [...folders, "--new-window", "--wait", workspace], {
    env,
    log: join(base, "code.log"),
  });
  window.once("exit", () => process.kill(process.pid, "SIGTERM")); // the window was closed
  undo.push(() => void window.kill());
  return [
    "Switchyard is open in desktop VS Code",
    ...about.map((line) => `  ${line}`),
    `  workspace ${workspace}`,
  ].join("\n");
}

/** Opens the person's browser where there is a screen for it. */
function show(url: string): void {
  const opener = { darwin: "open", win32: "explorer", linux: "xdg-open" }[process.platform as string];
  const screen = process.platform !== "linux" || own["DISPLAY"] || own["WAYLAND_DISPLAY"];
  if (!opener || !screen || own["CI"]) return;
  spawnLogged(opener, [url], { env: own, log: join(base, "browser.log") }).once("error", () => {}); // the URL is printed anyway
}

try {
  const opened = await Promise.race([start(), asked.then(() => null)]);
  if (opened !== null) {
    console.log(`\n${opened}\n\nStop with Ctrl-C.`);
    const url = /http\S+/.exec(opened.split("\n")[0]!)?.[0];
    if (url !== undefined) show(url);
    await asked;
  }
  say("stopping …");
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await stop();
  await sleep(0);
  say("everything is stopped");
  process.exit();
}
