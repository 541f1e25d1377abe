import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import {
  type EditorServer,
  editorEnv,
  freePort,
  installVsix,
  type Places,
  placesUnder,
  quietSettings,
  startEditor,
} from "../../scripts/host/code-server.ts";
import { endAll, pidsNaming, signal } from "../../scripts/host/processes.ts";
import { vsixPath } from "../../scripts/package.ts";
import { findChromium } from "../../scripts/setup.mjs";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { type Ready, readyFile, readySchema } from "../../server/protocol/daemon.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import { answerQuestion, runCommand } from "./editor.ts";

const root = resolve(import.meta.dirname, "../..");
export const screenshots = join(root, "test-results/screenshots");

export interface WorkbenchOptions {
  /** Files of the workspace: name to text. Absent: the sample that `npm start` opens. */
  readonly files?: Readonly<Record<string, string>>;
  /** The daemon's configuration; absent: there is no file. */
  readonly config?: ConfigInput;
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the editor's settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly theme?: Theme;
}
export type Theme = "dark" | "light";
const themes: Record<Theme, string> = { dark: "Dark 2026", light: "Light 2026" };

/** A real VS Code with the extension as a user installs it, in folders of its own, and a browser on it. */
export interface Workbench extends AsyncDisposable {
  readonly page: Page;
  readonly workspace: string;
  readonly places: Places;
  readonly configFile: string;
  /** A second window on the same editor, and on the same folder unless another is named. */
  newWindow(folder?: string): Promise<Page>;
  setTheme(theme: Theme): Promise<void>;
  /** Writes test-results/screenshots/NAME.png. */
  screenshot(name: string, page?: Page): Promise<void>;
  /** What the running daemon wrote of itself; waits until there is one, and it is not `other`. */
  daemon(other?: number): Promise<Ready>;
  /** The newest requests on the running daemon's ledger, newest first. */
  traces(): Promise<Trace[]>;
  /** Waits until a trace passes `test`. */
  trace(what: string, test: (trace: Trace) => boolean): Promise<Trace>;
  /** The extension hosts of all windows, oldest first. */
  extensionHosts(): number[];
  configure(config: ConfigInput): void;
  close(): Promise<void>;
}

export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("no browser");
  const temp = mkdtempSync(join(tmpdir(), "wb"));
  const places = placesUnder(temp, join(temp, "t"));
  const env = { ...withoutKeys(editorEnv(places)), ...options.env };
  const workspace = join(temp, "sample");
  if (options.files === undefined) cpSync(join(root, "scripts/start/sample"), workspace, { recursive: true });
  else writeFiles(workspace, options.files);
  const configFile = join(places.config, "switchyard/config.jsonc");
  const configure = (config: ConfigInput): void =>
    writeFiles(places.config, { "switchyard/config.jsonc": JSON.stringify(config, null, 2) });
  if (options.config !== undefined) configure(options.config);
  const settings = {
    ...quietSettings,
    "workbench.colorTheme": themes[options.theme ?? "dark"],
    ...options.settings,
  };

  const undo: (() => Promise<void> | void)[] = [
    () => rmSync(temp, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  ];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await copyInstalledExtension(places);
    undo.push(() => endAll(() => pidsNaming(places.temp), 10_000));
    const server: EditorServer = await startEditor({ places, env, port: await freePort(), settings });
    undo.push(() => server.stop());
    const browser: Browser = await chromium.launch({
      executablePath,
      env: env as Record<string, string>,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"].concat(
        "--disable-background-networking",
        "--disable-component-update",
      ),
    });
    undo.push(() => browser.close());
    const context: BrowserContext = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    const newWindow = async (folder = workspace): Promise<Page> => {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
      await page.locator(".monaco-workbench .part.statusbar").waitFor();
      return page;
    };
    const page = await newWindow();
    const daemon = (other?: number): Promise<Ready> => runningDaemon(join(places.data, "switchyard", readyFile), other);
    const traces = async (): Promise<Trace[]> => {
      const { http, token } = await daemon();
      const reply = await fetch(`${http}/admin/traces`, { headers: { authorization: `Bearer ${token}` } });
      return ((await reply.json()) as { traces: Trace[] }).traces;
    };
    return {
      page,
      workspace,
      places,
      configFile,
      newWindow,
      setTheme: async (theme) => {
        await runCommand(page, "Preferences: Color Theme");
        await answerQuestion(page, themes[theme]);
        await page.locator(`.monaco-workbench.${theme === "dark" ? "vs-dark" : "vs"}`).waitFor();
      },
      screenshot: async (name, of = page) => {
        mkdirSync(screenshots, { recursive: true });
        await of.screenshot({ animations: "disabled", path: join(screenshots, `${name}.png`) });
      },
      daemon,
      traces,
      trace: async (what, test) => {
        for (const until = performance.now() + 10_000; ; await sleep(100)) {
          const found = await traces();
          const passed = found.find(test);
          if (passed) return passed;
          if (performance.now() > until) throw new Error(`no trace ${what}: ${JSON.stringify(found.slice(0, 5))}`);
        }
      },
      extensionHosts: () =>
        pidsNaming(places.temp)
          .filter(isExtensionHost)
          .sort((a, b) => a - b),
      configure,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keeps a picture of every test of the suite that fails. */
export function pictureFailures(workbench: () => Workbench | undefined): void {
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    const name = `failed-${this.currentTest
      .fullTitle()
      .replaceAll(/[^a-z0-9]+/gi, "-")
      .slice(0, 80)}`;
    for (const [i, page] of (workbench()?.page.context().pages() ?? []).entries())
      await workbench()?.screenshot(`${name}-${i}`, page);
  });
}

/** The tester's own keys and proxies are not for the daemon under test. */
function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/(_KEY|_TOKEN|_SECRET|_proxy)$/i.test(name) && !name.startsWith("SWITCHYARD_"),
    ),
  );
}

function isExtensionHost(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=extensionHost");
}

/** Ends a process as a crash would. */
export function crash(pid: number): void {
  signal(pid, "SIGKILL");
}

async function runningDaemon(file: string, other: number | undefined): Promise<Ready> {
  const until = performance.now() + 20_000;
  for (;;) {
    if (existsSync(file)) {
      const found = readySchema.safeParse(parse(readFileSync(file, "utf8")));
      if (found.success && found.data.pid !== other) return found.data;
    }
    if (performance.now() > until) throw new Error(`no daemon wrote ${file}`);
    await sleep(100);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // half written
  }
}

let installed: Promise<string> | null = null;

/** Installs the vsix once for this process, and gives every workbench a copy. */
async function copyInstalledExtension(places: Places): Promise<void> {
  installed ??= (async () => {
    const temp = mkdtempSync(join(tmpdir(), "wbx"));
    const first = placesUnder(temp, join(temp, "t"));
    await installVsix(vsixPath(), first, editorEnv(first));
    process.once("exit", () => rmSync(temp, { recursive: true, force: true }));
    return first.extensions;
  })();
  cpSync(await installed, places.extensions, { recursive: true });
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(resolve(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }
}
