import * as vscode from "vscode";
import type { Session } from "../session.ts";

const prefix = "key:";
/** What may follow `secret:` in the configuration. */
const nameRule = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** API keys, kept by the editor in the system's own store and handed to the daemon, which keeps them in memory only. */
export class Keys implements vscode.Disposable {
  readonly #store: vscode.SecretStorage;
  readonly #changes: vscode.Disposable;

  constructor(store: vscode.SecretStorage, session: () => Session, log: vscode.LogOutputChannel) {
    this.#store = store;
    // Also fires for a key that another window set.
    this.#changes = store.onDidChange(async ({ key }) => {
      if (!key.startsWith(prefix) || session().state.kind === "starting") return; // handed over after the connect
      try {
        await session().request("secret", { name: key.slice(prefix.length), value: (await store.get(key)) ?? null });
      } catch {
        log.warn("An API key was not handed to the daemon; it is at its next start"); // no detail: it could hold the key
      }
    });
  }

  async names(): Promise<string[]> {
    const keys = await this.#store.keys();
    return keys.flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []));
  }

  async all(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const name of await this.names()) {
      const value = await this.#store.get(prefix + name);
      if (value) found.set(name, value);
    }
    return found;
  }

  async set(name: string, value: string): Promise<void> {
    if (value === "") await this.#store.delete(prefix + name);
    else await this.#store.store(prefix + name, value);
  }

  dispose(): void {
    this.#changes.dispose();
  }
}

/** *Set API Key…*: a name, then the key. An empty key forgets it. */
export async function setApiKey(keys: Keys): Promise<void> {
  const name = await pickName(await keys.names());
  if (name === undefined) return;
  const value = await vscode.window.showInputBox({
    title: `Switchyard: key "${name}"`,
    prompt: "Kept by the editor's secret storage; never in a settings file or a log. Leave empty to forget it.",
    password: true,
    ignoreFocusOut: true,
  });
  if (value === undefined) return;
  await keys.set(name, value.trim());
  if (value.trim() === "") {
    void vscode.window.showInformationMessage(`Switchyard has forgotten the key "${name}".`);
    return;
  }
  const open = "Open Configuration";
  const chosen = await vscode.window.showInformationMessage(
    `The key "${name}" is kept. A provider uses it with "apiKey": "secret:${name}".`,
    open,
  );
  if (chosen === open) await vscode.commands.executeCommand("switchyard.openConfiguration");
}

async function pickName(known: readonly string[]): Promise<string | undefined> {
  const fresh = "$(add) Another name…";
  if (known.length > 0) {
    const picked = await vscode.window.showQuickPick([...known, fresh], {
      title: "Switchyard: which key?",
      placeHolder: 'The NAME of apiKey: "secret:NAME"',
    });
    if (picked === undefined || picked !== fresh) return picked;
  }
  return vscode.window.showInputBox({
    title: "Switchyard: name of the key",
    prompt: 'The NAME that the configuration gives as "apiKey": "secret:NAME"',
    placeHolder: "cloud",
    ignoreFocusOut: true,
    validateInput: (text) =>
      nameRule.test(text) ? null : "Letters, digits, dot, dash and underscore; it begins with a letter or underscore.",
  });
}
