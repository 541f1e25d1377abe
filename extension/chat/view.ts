import * as vscode from "vscode";
import type { State } from "../../server/protocol/editor.ts";
import {
  type ChatEnd,
  type ChatFromPage,
  type ChatToPage,
  chatFromPage,
  type ModelChoice,
} from "../../server/protocol/webview.ts";
import type { SettingId } from "../contributions.ts";
import type { Feedback } from "../feedback/feedback.ts";
import { linkOf } from "../page/link.ts";
import { Page } from "../page/page.ts";
import { common } from "../page/ways.ts";
import type { PanelDeps } from "../session.ts";
import { workspaceName } from "../workspace.ts";
import { type About, about } from "./about.ts";
import { Answers } from "./answers.ts";
import { AttachedContext } from "./context.ts";
import { EditorTracker, insertAt } from "./editors.ts";

export interface ChatView extends vscode.Disposable {
  /** Shows the view and puts the cursor into the composer. */
  focus(): Promise<void>;
  newChat(): Promise<void>;
  /** Asks about what is selected in the editor, or about its error at the cursor. */
  askAbout(what: About): Promise<void>;
}

/** The view `switchyard.chat`. */
export function registerChatView(deps: PanelDeps & { readonly feedback: Feedback }): ChatView {
  const { session, log, feedback } = deps;
  let page: Page<ChatFromPage, ChatToPage> | null = null;
  let whenShown: ChatToPage[] = [];
  let loaded = false;
  const post = (message: ChatToPage): void => page?.post(message);

  const answers = new Answers();
  const editors = new EditorTracker((hint) => post({ type: "editor", hint }));
  const context = new AttachedContext(editors, (chips) => post({ type: "chips", chips }));

  const tellLink = (): void => {
    const { state } = session;
    const models = "daemon" in state && state.daemon ? modelChoices(state.daemon) : [];
    post({ type: "link", link: linkOf(state), models });
  };

  const tellModel = (): void => post({ type: "pick", model: chosenModel() });

  /** The traces of the answers that run, by their streams: null when none became known. */
  const running = new Map<string, Promise<string | null>>();

  function start(message: Send): void {
    if (message.again) feedback.tell(message.again.trace, message.again.signal);
    const answered = send(message).finally(() => running.delete(message.id));
    running.set(message.id, answered);
  }

  /** Resolves with the answer's trace. */
  async function send(message: Send): Promise<string | null> {
    const { id } = message;
    const cancel = new vscode.CancellationTokenSource();
    answers.start(id, cancel);
    let end: ChatEnd;
    try {
      const receipt = await session.request(
        "chat",
        {
          id,
          session: message.session,
          workspace: workspaceName(),
          model: message.model,
          task: message.task,
          messages: message.messages,
          ...(await context.collect()),
          fresh: message.fresh,
        },
        cancel.token,
      );
      end = { kind: "receipt", receipt };
      if (receipt.error) context.refused(receipt.error.message);
    } catch (e) {
      if (e instanceof vscode.CancellationError) end = { kind: "stopped" };
      else {
        const why = e instanceof Error ? e.message : String(e);
        log.warn(`A question was not answered: ${why}`);
        end = {
          kind: "failed",
          message: why,
          action: session.state.kind === "stopped" ? "restart-daemon" : "show-log",
        };
      }
    }
    answers.end(id, end);
    post({ type: "end", id, end });
    return end.kind === "receipt" ? end.receipt.trace : null;
  }

  async function insert(message: Extract<ChatFromPage, { type: "insert" }>): Promise<void> {
    const of = message.trace ?? running.get(message.answer);
    const insertion = await insertAt(editors.last, message.text);
    if (insertion && of !== undefined) feedback.follow(of, insertion);
  }

  /** What is remembered wrongly would be given again: a person hears of it when it couldn't be forgotten. */
  async function forget(trace: string): Promise<void> {
    try {
      await session.request("notAsked", { trace });
    } catch (e) {
      const why = e instanceof Error ? e.message : String(e);
      void vscode.window.showErrorMessage(`The remembered answer could not be forgotten: ${why}`);
    }
  }

  function receive(message: ChatFromPage): void {
    switch (message.type) {
      case "ready":
        tellLink();
        tellModel();
        post({ type: "chips", chips: context.chips });
        post({ type: "editor", hint: editors.hint });
        post({ type: "resume", answers: answers.all() });
        loaded = true;
        for (const waiting of whenShown) post(waiting);
        whenShown = [];
        return;
      case "act":
      case "copy":
        common(message, (copied) => page?.post(copied));
        return;
      case "send":
        start(message);
        return;
      case "not-asked":
        void forget(message.trace);
        return;
      case "stop":
        answers.stop(message.id);
        return;
      case "pick":
        // Told back whatever came of it: until then the page holds to the person's choice.
        void writeModel(message.model).then(() => post({ type: "pick", model: message.model }));
        return;
      case "insert":
        void insert(message);
        return;
      case "open-link":
        openLink(message.url);
        return;
      case "attach":
        context.attach(message.what);
        return;
      case "detach":
        context.detach(message.id);
        return;
      case "detach-all":
        context.clear();
        return;
      case "open-context":
        void context.open(message.id);
        return;
      case "show-trace":
        void vscode.commands.executeCommand("switchyard.timings", message.trace);
        return;
    }
  }

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      page = new Page(view.webview, "chat", "Switchyard Chat", deps, chatFromPage, receive);
      const mine = page;
      view.onDidChangeVisibility(() => {
        if (!view.visible) loaded = false; // the editor drops a hidden page; it says `ready` when it is back
      });
      view.onDidDispose(() => {
        mine.dispose();
        if (page !== mine) return;
        page = null;
        loaded = false;
      });
    },
  };

  /** Says something to the page once it is there. */
  async function show(...messages: ChatToPage[]): Promise<void> {
    if (loaded) for (const message of messages) post(message);
    else whenShown = messages;
    await vscode.commands.executeCommand("switchyard.chat.focus");
  }

  const registered = vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider("switchyard.chat", provider),
    session.onState(tellLink),
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration(modelSetting)) tellModel();
    }),
    session.onNotification("chatEvent", ({ id, event }) => {
      if (!answers.has(id)) return; // of a question that another part of this window asked
      answers.event(id, event);
      post({ type: "event", id, event });
    }),
    editors,
  );
  return {
    focus: () => show({ type: "focus" }),
    newChat: () => show({ type: "new" }, { type: "focus" }),
    askAbout: (what) => {
      const editor = vscode.window.activeTextEditor ?? editors.last;
      if (!editor) return show({ type: "focus" });
      const asking = about(what, editor);
      context.attach(asking.attach, true);
      return show({ type: "ask", question: asking.question }, { type: "focus" });
    },
    dispose() {
      answers.stopAll();
      registered.dispose();
      page?.dispose();
    },
  };
}

type Send = Extract<ChatFromPage, { type: "send" }>;

/** The one place where the choice is kept: the picker of the page, *Pick Model* and the settings show the same. */
const modelSetting = "switchyard.chat.defaultModel" satisfies SettingId;

const chosenModel = (): string => vscode.workspace.getConfiguration().get<string>(modelSetting, "switchyard/auto");

async function writeModel(model: string): Promise<void> {
  try {
    await vscode.workspace.getConfiguration().update(modelSetting, model, vscode.ConfigurationTarget.Global);
  } catch (e) {
    void vscode.window.showErrorMessage(
      `The choice of ${model} could not be kept in the settings: ${e instanceof Error ? e.message : String(e)}`,
    );
  }
}

const modelChoices = (state: State): ModelChoice[] =>
  state.models
    .filter((m) => m.abilities.includes("chat"))
    .map((m) => ({ id: m.id, note: m.health === "down" ? `${m.locality}, not reachable` : m.locality }));

/** The editor asks before it leaves for a site that isn't trusted yet. */
function openLink(url: string): void {
  const uri = vscode.Uri.parse(url, true);
  if (uri.scheme === "https" || uri.scheme === "http") void vscode.env.openExternal(uri);
}
