import * as vscode from "vscode";
import type { CatalogueEntry, Result } from "../../server/protocol/editor.ts";
import { daemonOf } from "../daemon/state.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { commandLine } from "./command-line.ts";
import { stillToDo } from "./pulled.ts";

export interface ModelDeps {
  readonly session: Session;
  /** The bundled `dist/switchyard.js`, for the command that a person may run instead. */
  readonly script: string;
}

let works = 0;

/** Long work of the daemon with a progress notification; its cancel button stops the work. */
async function withWork<T>(
  session: Session,
  title: string,
  run: (id: string, token: vscode.CancellationToken) => Promise<T>,
): Promise<T> {
  const id = `work-${process.pid}-${++works}`;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      let before = 0;
      const listening = session.onNotification("workProgress", (work) => {
        if (work.id !== id) return;
        const percent = work.total ? (100 * work.done) / work.total : null;
        if (percent === null) progress.report({ message: work.message });
        else {
          if (percent < before) before = percent; // the next piece of work begins
          progress.report({ message: `${work.message} ${Math.floor(percent)} %`, increment: percent - before });
          before = percent;
        }
      });
      try {
        return await run(id, token);
      } finally {
        listening.dispose();
      }
    },
  );
}

/** *Pull a Model…*: pick one of the catalogue, fetch it, and the engine with it where that is missing. */
export async function pullModel(deps: ModelDeps): Promise<void> {
  const catalogue = await deps.session.request("models", null);
  const picked = await vscode.window.showQuickPick(catalogue.models.map(entryItem), {
    title: "Switchyard: pull a model",
    placeHolder: "Runs on this machine, in the embedded engine",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked) await pull(deps, picked.entry, catalogue);
}

const entryItem = (entry: CatalogueEntry): vscode.QuickPickItem & { entry: CatalogueEntry } => ({
  label: `${entry.installed ? "$(check)" : "$(cloud-download)"} ${entry.title}`,
  description: [size(entry.bytes), entry.license, entry.suggested ? "suggested for this machine" : ""]
    .filter((part) => part !== "")
    .join(" · "),
  detail: entry.note,
  entry,
});

/** The size of null says that the hub tells it when pulling. */
const size = (bytes: number | null): string =>
  bytes === null ? "" : bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;

async function pull(deps: ModelDeps, entry: CatalogueEntry, { engine }: Result<"models">): Promise<void> {
  const { session } = deps;
  let step = ["models", "pull", entry.name];
  try {
    await withWork(session, `Switchyard: ${entry.title}`, async (id, token) => {
      if (!entry.installed) await session.request("pullModel", { id, name: entry.name }, token);
      step = ["models", "engine"];
      if (!engine.installed) await session.request("installEngine", { id }, token);
    });
  } catch (e) {
    await failed(e, deps, step);
    return;
  }
  const todo = stillToDo(entry, await session.request("state", null));
  if (todo === null) {
    void vscode.window.showInformationMessage(`${entry.title} is ready.`);
    return;
  }
  const open = "Open Configuration";
  const chosen = await vscode.window.showWarningMessage(todo, open);
  if (chosen === open) await vscode.commands.executeCommand("switchyard.openConfiguration");
}

/** The first-run way: the catalogue's suggested model, without a question that was answered already. */
export async function pullDefault(deps: ModelDeps): Promise<void> {
  const catalogue = await deps.session.request("models", null);
  const entry = catalogue.models.find((m) => m.installed) ?? catalogue.models[0];
  if (!entry) throw new Error("The catalogue names no model: add a provider to the configuration instead");
  await pull(deps, entry, catalogue);
}

export async function installEngine(deps: ModelDeps): Promise<void> {
  const { session } = deps;
  const { engine } = await session.request("models", null);
  if (engine.installed) {
    void vscode.window.showInformationMessage(`The local engine is installed. ${engine.note}`);
    return;
  }
  try {
    await withWork(session, "Switchyard: local engine", (id, token) => session.request("installEngine", { id }, token));
    void vscode.window.showInformationMessage("The local engine is installed.");
  } catch (e) {
    await failed(e, deps, ["models", "engine"]);
  }
}

/** `step`: what failed, as arguments of the command line. */
async function failed(e: unknown, { session, script }: ModelDeps, step: readonly string[]): Promise<void> {
  if (e instanceof vscode.CancellationError) return;
  const copy = "Copy Command";
  const log = "Show Log";
  const message = e instanceof Error ? e.message : String(e);
  const chosen = await vscode.window.showErrorMessage(`Switchyard: ${message}`, copy, log);
  if (chosen === copy) {
    const daemon = daemonOf(session.state); // the engine goes into its data folder
    const data = daemon ? ["--data", daemon.dataDir] : [];
    await vscode.env.clipboard.writeText(commandLine(script, [...step, ...data]));
  }
  if (chosen === log) await vscode.commands.executeCommand("switchyard.showLog");
}

const routed = [
  { id: "switchyard/auto", detail: "The cheapest model that will answer well" },
  { id: "switchyard/local", detail: "The same, among models on this machine" },
  { id: "switchyard/fast", detail: "The least expected time" },
  { id: "switchyard/best", detail: "Quality before price" },
] as const;

/** *Pick Model*: who answers in the chat. */
export async function pickModel(session: Session): Promise<void> {
  const now = setting("switchyard.chat.defaultModel");
  const mark = (id: string): string => (id === now ? "$(check) " : "");
  const items = async () => {
    const models = daemonOf(session.state) ? await session.request("configuredModels", null) : [];
    return [
      ...routed.map(({ id, detail }) => ({ id, label: `${mark(id)}${id}`, description: "", detail })),
      ...models
        .filter((m) => m.abilities.includes("chat"))
        .map((m) => ({
          id: m.id,
          label: `${mark(m.id)}${m.id}`,
          description: `${m.tier} · ${m.provider}${m.health === "down" ? " · not reachable" : ""}`,
          detail: m.note ?? m.name,
        })),
    ];
  };
  const picked = await vscode.window.showQuickPick(items(), {
    title: "Switchyard: model of the chat",
    placeHolder: `Now: ${now}`,
    matchOnDescription: true,
  });
  if (!picked) return;
  const target = vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration().update("switchyard.chat.defaultModel", picked.id, target);
}
