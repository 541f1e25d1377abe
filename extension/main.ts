import "./zod.ts";
import { join } from "node:path";
import * as vscode from "vscode";
import { watchErrorAtCursor } from "./chat/about.ts";
import { registerChatView } from "./chat/view.ts";
import { openConfiguration, showLog } from "./commands/files.ts";
import { forgetAnswers } from "./commands/forget.ts";
import { Keys, setApiKey } from "./commands/keys.ts";
import { resetLearned } from "./commands/learned.ts";
import { installEngine, pickModel, pullModel } from "./commands/models.ts";
import { offerModelOnce, showWaysOut } from "./commands/ways-out.ts";
import { registerCompletion } from "./completion/provider.ts";
import type { CommandId } from "./contributions.ts";
import { retryWhenChanged } from "./daemon/retry.ts";
import { DaemonSession } from "./daemon/session.ts";
import { DisposableList } from "./disposables.ts";
import { Feedback } from "./feedback/feedback.ts";
import { StatusBar } from "./meter/status-bar.ts";
import type { PanelDeps } from "./session.ts";
import { setting } from "./settings.ts";
import { registerStats } from "./stats/panel.ts";
import { registerTimings } from "./timings/panel.ts";

/** Commands whose panels register them themselves. */
type OwnedByPanels = "switchyard.stats" | "switchyard.timings";
type Commands = Record<
  Exclude<CommandId, OwnedByPanels> | "switchyard.wayOut",
  () => Promise<unknown> | Thenable<unknown>
>;

let session: DaemonSession | null = null;

/** Wires this window: everything that lives is in one list, undone when the window ends. */
export function activate(context: vscode.ExtensionContext): void {
  const owned = new DisposableList();
  context.subscriptions.push(owned);
  const log = owned.add(vscode.window.createOutputChannel("Switchyard", { log: true }));
  const script = join(context.extensionPath, "dist", "switchyard.js");
  const keys: Keys = owned.add(new Keys(context.secrets, () => daemon, log));
  const daemon = owned.add(
    new DaemonSession({
      log,
      secrets: () => keys.all(),
      options: () => ({
        bin: script,
        dataDir: setting("switchyard.daemon.dataDir"),
        configFile: setting("switchyard.daemon.configFile"),
        idleSeconds: setting("switchyard.daemon.idleSeconds"),
      }),
    }),
  );
  session = daemon;
  const models = { session: daemon, script };
  const status = owned.add(new StatusBar(daemon));
  const feedback = owned.add(new Feedback(daemon, log));
  owned.add(registerCompletion({ session: daemon, log, feedback, onOutcome: (outcome) => status.completed(outcome) }));
  const panels: PanelDeps = { context, session: daemon, log };
  const chat = owned.add(registerChatView({ ...panels, feedback }));
  owned.add(watchErrorAtCursor());
  owned.add(registerTimings(panels));
  const stats = owned.add(registerStats(panels));
  owned.add(feedback.onGiven(() => stats.changed()));
  owned.add(retryWhenChanged(daemon));
  owned.add(offerModelOnce(models, context.globalState));

  const commands: Commands = {
    "switchyard.ask": () => chat.focus(),
    "switchyard.newChat": () => chat.newChat(),
    "switchyard.explain": () => chat.askAbout("explain"),
    "switchyard.fix": () => chat.askAbout("fix"),
    "switchyard.test": () => chat.askAbout("test"),
    "switchyard.openConfiguration": () => openConfiguration(daemon),
    "switchyard.pickModel": () => pickModel(daemon),
    "switchyard.pullModel": () => pullModel(models),
    "switchyard.installEngine": () => installEngine(models),
    "switchyard.setApiKey": () => setApiKey(keys),
    "switchyard.forgetAnswers": () => forgetAnswers(daemon),
    "switchyard.resetLearned": async () => {
      if (await resetLearned(daemon)) stats.changed();
    },
    "switchyard.triggerCompletion": () => vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"),
    "switchyard.showLog": () => showLog(daemon, log),
    "switchyard.restartDaemon": () => daemon.restart(),
    "switchyard.wayOut": () => showWaysOut(daemon),
  };
  for (const [id, run] of Object.entries(commands)) owned.add(vscode.commands.registerCommand(id, shown(run)));
}

/** The daemon hears of this window's end; it goes on for the others. */
export async function deactivate(): Promise<void> {
  await session?.close();
}

/** A command's failure is told to the person who gave it. */
const shown = (run: () => Promise<unknown> | Thenable<unknown>) => async (): Promise<void> => {
  try {
    await run();
  } catch (e) {
    if (e instanceof vscode.CancellationError) return;
    void vscode.window.showErrorMessage(`Switchyard: ${e instanceof Error ? e.message : String(e)}`);
  }
};
