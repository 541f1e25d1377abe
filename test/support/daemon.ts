import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigInput } from "../../server/protocol/config.ts";
import type { Ready } from "../../server/protocol/daemon.ts";
import type { Stats } from "../../server/protocol/stats.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { type Ask, ask, type Live, open, type Reply } from "./client.ts";
import { rssOf } from "./memory.ts";

/** The built daemon: tests run what is shipped. */
export const bin = join(import.meta.dirname, "../../dist/switchyard.js");

export interface DaemonOptions {
  /** The configuration file: an object, or the text of the file. */
  readonly config?: ConfigInput | string;
  /** Added to a bare environment: nothing of the tester's own is seen by the daemon, no key and no proxy. */
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments of `serve`. */
  readonly args?: readonly string[];
  /** Flags for Node itself, before the script. */
  readonly flags?: readonly string[];
  /** A command that runs Node in its stead: what it takes away, the daemon does without. */
  readonly under?: readonly string[];
  /** A home that outlives this daemon, from `newHome`. Absent: one of its own, removed with it. */
  readonly home?: Home;
}

/** A user's folders, in a temporary place. */
export interface Home extends Disposable {
  readonly root: string;
  readonly configFile: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
}

export function newHome(): Home {
  const root = mkdtempSync(join(tmpdir(), "sy-")); // short: a socket's path has 107 bytes at most
  const env: Record<string, string> = { HOME: root, USERPROFILE: root, PATH: process.env["PATH"] ?? "" };
  for (const kind of ["CONFIG", "DATA", "CACHE", "STATE"]) env[`XDG_${kind}_HOME`] = join(root, kind.toLowerCase());
  env["XDG_RUNTIME_DIR"] = join(root, "run");
  env["APPDATA"] = env["LOCALAPPDATA"] = join(root, "appdata");
  mkdirSync(join(root, "run"), { mode: 0o700 });
  return {
    root,
    configFile: join(root, "config.jsonc"),
    dataDir: join(root, "d"),
    env,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs any command of `switchyard` to its end. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin?: string | Uint8Array,
): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...args], { env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(stdin);
  return watch(child).exit;
}

/** Runs `serve` where it is expected to refuse. */
export async function serveToEnd(options: DaemonOptions = {}): Promise<Ended> {
  const home = options.home ?? newHome();
  try {
    const child = spawnServe(home, options);
    const { exit } = watch(child);
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const ended = await exit;
    clearTimeout(late);
    return ended;
  } finally {
    if (!options.home) home[Symbol.dispose]();
  }
}

export interface Daemon extends Ready, AsyncDisposable {
  readonly home: Home;
  /** Milliseconds from spawn to the ready line. */
  readonly startMs: number;
  /** When it has ended. */
  readonly exit: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** A request with the token; `headers` may replace it. */
  ask(what: Ask): Promise<Reply>;
  open(what: Ask): Promise<Live>;
  /** `POST /v1/chat/completions`: one message to `switchyard/auto` unless `body` says otherwise. */
  chat(body?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  openChat(body?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Live>;
  traces(query?: string): Promise<Trace[]>;
  trace(id: string): Promise<Trace>;
  /** Waits until the trace of that id has ended. */
  ended(id: string): Promise<Trace>;
  stats(query?: string): Promise<Stats>;
  /** Resident memory in bytes, as the system counts it. */
  rss(): number;
  /** Rewrites the configuration file. */
  configure(config: ConfigInput | string): void;
  kill(signal: NodeJS.Signals): Promise<Ended>;
}

/** Starts the daemon and waits, 15 s at most, for its ready line. */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const home = options.home ?? newHome();
  const begun = performance.now();
  const child = spawnServe(home, options);
  const watched = watch(child);
  const tidy = () => {
    if (!options.home) home[Symbol.dispose]();
  };
  let ready: Ready;
  try {
    ready = await readyLine(watched);
  } catch (e) {
    child.kill("SIGKILL");
    await watched.exit;
    tidy();
    throw e;
  }
  const startMs = performance.now() - begun;

  const authorized = (what: Ask): Ask => ({
    ...what,
    headers: { authorization: `Bearer ${ready.token}`, ...what.headers },
  });
  const daemonAsk = (what: Ask) => ask(ready.http, authorized(what));
  const chatAsk = (body: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}): Ask =>
    authorized({
      path: "/v1/chat/completions",
      headers,
      body: JSON.stringify({ model: "switchyard/auto", messages: [{ role: "user", content: "Say hello." }], ...body }),
    });
  const admin = async (path: string) => {
    const reply = await daemonAsk({ path });
    if (reply.status !== 200) throw new Error(`GET ${path}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  const trace = (id: string): Promise<Trace> => admin(`/admin/traces/${id}`);

  return {
    ...ready,
    home,
    startMs,
    exit: watched.exit,
    stdout: watched.stdout,
    stderr: watched.stderr,
    ask: daemonAsk,
    open: (what) => open(ready.http, authorized(what)),
    chat: (body, headers) => ask(ready.http, chatAsk(body, headers)),
    openChat: (body, headers) => open(ready.http, chatAsk(body, headers)),
    traces: async (query = "") => (await admin(`/admin/traces${query}`)).traces,
    trace,
    ended: async (id) => {
      for (let i = 0; i < 250; i++) {
        const found = await trace(id);
        if (found.status !== "running") return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`the trace ${id} still runs after 5 s`);
    },
    stats: (query = "") => admin(`/admin/stats${query}`),
    rss: () => rssOf(ready.pid),
    configure: (config) => writeConfig(home, config),
    kill: (signal) => {
      process.kill(ready.pid, signal);
      return watched.exit;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        const late = setTimeout(() => child.kill("SIGKILL"), 12_000);
        await watched.exit;
        clearTimeout(late);
      }
      tidy();
    },
  };
}

function writeConfig(home: Home, config: ConfigInput | string): void {
  writeFileSync(home.configFile, typeof config === "string" ? config : JSON.stringify(config, null, 2));
}

function spawnServe(home: Home, o: DaemonOptions): ChildProcess {
  if (o.config !== undefined) writeConfig(home, o.config);
  const files = o.config === undefined ? [] : ["--config", home.configFile];
  const serve = [bin, "serve", "--json", ...files, "--data", home.dataDir, ...(o.args ?? [])];
  const [command, ...args] = [...(o.under ?? []), process.execPath, ...(o.flags ?? []), ...serve];
  return spawn(command!, args, {
    env: { ...home.env, ...o.env },
    cwd: home.root,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Watched {
  readonly child: ChildProcess;
  readonly exit: Promise<Ended>;
  stdout(): string;
  stderr(): string;
}

function watch(child: ChildProcess): Watched {
  let out = "";
  let err = "";
  child.stdout!.setEncoding("utf8").on("data", (s: string) => {
    out += s;
  });
  child.stderr!.setEncoding("utf8").on("data", (s: string) => {
    err = (err + s).slice(-1_000_000);
  });
  const orphaned = () => child.kill("SIGKILL"); // a test run that is broken off leaves no process
  process.on("exit", orphaned);
  const exit = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.off("exit", orphaned);
      resolve({ code, signal, stdout: out, stderr: err });
    });
  });
  return { child, exit, stdout: () => out, stderr: () => err };
}

function readyLine({ child, exit, stdout, stderr }: Watched): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const line = stdout().indexOf("\n");
      if (line < 0) return;
      clearTimeout(late);
      resolve(JSON.parse(stdout().slice(0, line)) as Ready);
    };
    const late = setTimeout(() => reject(new Error(`no ready line within 15 s; stderr:\n${stderr()}`)), 15_000);
    child.stdout!.on("data", look);
    exit.then((e) => {
      clearTimeout(late);
      reject(new Error(`the daemon ended with ${e.code ?? e.signal} before it was ready; stderr:\n${e.stderr}`));
    }, reject);
  });
}
