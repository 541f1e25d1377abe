/**
 * All that VS Code is told about this extension in package.json: `npm run generate` writes it there from here, and the
 * code takes its command ids and settings from here. What concerns the editor alone is a setting; what concerns models,
 * routing and money is the configuration file.
 */
export const commands = {
  "switchyard.ask": { title: "Ask", icon: "$(comment-discussion)" },
  "switchyard.newChat": { title: "New Chat", icon: "$(add)" },
  "switchyard.explain": { title: "Explain" },
  "switchyard.fix": { title: "Fix" },
  "switchyard.test": { title: "Write Tests" },
  "switchyard.stats": { title: "Routing Stats", icon: "$(graph)" },
  "switchyard.timings": { title: "Request Timings", icon: "$(watch)" },
  "switchyard.openConfiguration": { title: "Open Configuration", icon: "$(gear)" },
  "switchyard.pickModel": { title: "Pick Model" },
  "switchyard.pullModel": { title: "Pull a Model…" },
  "switchyard.installEngine": { title: "Install Local Engine" },
  "switchyard.setApiKey": { title: "Set API Key…" },
  "switchyard.forgetAnswers": { title: "Forget Remembered Answers" },
  "switchyard.resetLearned": { title: "Reset What Was Learned" },
  "switchyard.triggerCompletion": { title: "Trigger Completion" },
  "switchyard.showLog": { title: "Show Log" },
  "switchyard.restartDaemon": { title: "Restart Daemon" },
} as const satisfies Record<string, { title: string; icon?: string }>;
export type CommandId = keyof typeof commands;

interface Setting {
  readonly type: "boolean" | "number" | "string" | "array";
  readonly default: unknown;
  readonly markdownDescription: string;
  readonly scope: "machine" | "window" | "resource" | "language-overridable";
  readonly [more: string]: unknown;
}

export const settings = {
  "switchyard.completion.enabled": {
    type: "boolean",
    default: true,
    scope: "language-overridable",
    markdownDescription:
      "Suggest code as you type. Files that the configuration's `privacy.deny` names are never completed.",
  },
  "switchyard.completion.debounceMs": {
    type: "number",
    default: 75,
    minimum: 0,
    maximum: 2000,
    scope: "window",
    markdownDescription:
      "Milliseconds of rest after a key before a suggestion is asked for. When you type fast it waits up to twice as long.",
  },
  "switchyard.completion.excludeLanguages": {
    type: "array",
    items: { type: "string" },
    default: [],
    scope: "resource",
    markdownDescription: "Language ids in which nothing is suggested, for example `markdown`.",
  },
  "switchyard.chat.defaultModel": {
    type: "string",
    default: "switchyard/auto",
    scope: "window",
    markdownDescription:
      "The model that answers in the chat: `switchyard/auto` (routed), `switchyard/local`, `switchyard/fast`, `switchyard/best`, or the id of a configured model. *Switchyard: Pick Model* writes it.",
  },
  "switchyard.meter.enabled": {
    type: "boolean",
    default: true,
    scope: "window",
    markdownDescription: "Show today's spend and savings in the status bar. A fault is shown in any case.",
  },
  "switchyard.daemon.dataDir": {
    type: "string",
    default: "",
    scope: "machine",
    markdownDescription:
      "The daemon's data folder (ledger, log, lock). Empty: the same as `switchyard serve` uses, `$XDG_DATA_HOME/switchyard` or the platform's own place.",
  },
  "switchyard.daemon.configFile": {
    type: "string",
    default: "",
    scope: "machine",
    markdownDescription:
      "The configuration file of a daemon that this window starts. Empty: `$XDG_CONFIG_HOME/switchyard/config.jsonc` or the platform's own place.",
  },
  "switchyard.daemon.idleSeconds": {
    type: "number",
    default: 300,
    minimum: 10,
    scope: "machine",
    markdownDescription: "Seconds without any window after which a daemon that this window started ends itself.",
  },
} as const satisfies Record<string, Setting>;
export type SettingId = keyof typeof settings;

const restricted = [
  "switchyard.chat.defaultModel",
  "switchyard.daemon.dataDir",
  "switchyard.daemon.configFile",
] satisfies SettingId[];

/** True while the selection holds an error, or the cursor stands in one. */
export const errorAtCursor = "switchyard.errorAtCursor";

/** What may be asked about code, and when the editor's menu offers it. */
const aboutCode = [
  { command: "switchyard.explain", when: "editorHasSelection" },
  { command: "switchyard.fix", when: `editorHasSelection || ${errorAtCursor}` },
  { command: "switchyard.test", when: "editorHasSelection" },
] as const satisfies readonly { command: CommandId; when: string }[];
/** A menu of its own: the editor has an *Explain* and a *Fix* already, which are others. */
const aboutCodeMenu = "switchyard.aboutCode";

const chatTitle = (command: CommandId, group: string) => ({ command, group, when: "view == switchyard.chat" });

export const activationEvents = ["onStartupFinished"];

export const capabilities = {
  untrustedWorkspaces: {
    supported: "limited",
    description:
      "Nothing in a workspace is run. Until it is trusted, its settings can't choose the model, the data folder or the configuration file.",
    restrictedConfigurations: restricted,
  },
  virtualWorkspaces: {
    supported: "limited",
    description: "Chat works. Suggestions are made in files on disk and in untitled ones only.",
  },
};

export const contributes = {
  commands: Object.entries(commands).map(([command, about]) => ({ command, category: "Switchyard", ...about })),
  viewsContainers: {
    activitybar: [{ id: "switchyard", title: "Switchyard", icon: "extension/media/switchyard.svg" }],
  },
  views: {
    switchyard: [
      { type: "webview", id: "switchyard.chat", name: "Chat", icon: "extension/media/switchyard.svg" },
      {
        type: "webview",
        id: "switchyard.timings",
        name: "Request Timings",
        icon: "extension/media/switchyard.svg",
        visibility: "collapsed",
      },
    ],
  },
  menus: {
    "view/title": [
      chatTitle("switchyard.pickModel", "1_model@1"),
      chatTitle("switchyard.newChat", "navigation@1"),
      chatTitle("switchyard.openConfiguration", "navigation@2"),
      chatTitle("switchyard.stats", "navigation@3"),
      { command: "switchyard.timings" satisfies CommandId, group: "navigation", when: "view == switchyard.timings" },
    ],
    "editor/context": [
      { submenu: aboutCodeMenu, group: "1_switchyard", when: `editorHasSelection || ${errorAtCursor}` },
    ],
    [aboutCodeMenu]: aboutCode.map((item, i) => ({ ...item, group: `1_ask@${i + 1}` })),
    commandPalette: [
      ...aboutCode.map(({ command }) => ({ command, when: "editorIsOpen" })), // of the whole file, where nothing is selected
      { command: "switchyard.triggerCompletion" satisfies CommandId, when: "editorTextFocus && !editorReadonly" },
    ],
  },
  submenus: [{ id: aboutCodeMenu, label: "Switchyard" }],
  keybindings: [
    { command: "switchyard.ask" satisfies CommandId, key: "ctrl+alt+a", mac: "cmd+alt+a" },
    {
      command: "switchyard.triggerCompletion" satisfies CommandId,
      key: "alt+\\",
      when: "editorTextFocus && !editorHasSelection && !editorReadonly",
    },
  ],
  configuration: { title: "Switchyard", properties: settings },
  jsonValidation: [{ fileMatch: "**/switchyard/config.jsonc", url: "./extension/schemas/config.schema.json" }],
};
