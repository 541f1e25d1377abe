import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { commandLine } from "../../extension/commands/command-line.ts";
import { forgettable, forgotten } from "../../extension/commands/forgettable.ts";
import { stillToDo } from "../../extension/commands/pulled.ts";
import { Pace } from "../../extension/completion/pace.ts";
import { whyNotReady } from "../../extension/completion/readiness.ts";
import { closedAlready, remainder } from "../../extension/completion/shown.ts";
import { activationEvents, commands, contributes, settings } from "../../extension/contributions.ts";
import { Backoff } from "../../extension/daemon/backoff.ts";
import { Gate } from "../../extension/daemon/gate.ts";
import { sizeOf, textAfter } from "../../extension/daemon/log-file.ts";
import { lastWords } from "../../extension/daemon/said.ts";
import { stateOf } from "../../extension/daemon/state.ts";
import { statusOf } from "../../extension/meter/status.ts";
import { contributionsFile } from "../../scripts/generate/contributions.ts";
import * as daemonPaths from "../../server/io/config/paths.ts";
import { defaultConfigFile, defaultDataDir } from "../../server/protocol/daemon.ts";
import type { Problem, State } from "../../server/protocol/editor.ts";

const daemon: State = {
  version: "1.0.0",
  pid: 1,
  http: "http://127.0.0.1:1",
  dataDir: "/d",
  configFile: "/c",
  models: [
    {
      id: "small",
      provider: "gpu",
      name: "n",
      tier: "local",
      locality: "local",
      abilities: ["chat"],
      health: "up",
      note: null,
    },
  ],
  offers: [],
  problems: [],
  meter: {
    day: "2026-11-21",
    requests: 3,
    running: 1,
    spentNanos: 12_300_000,
    savedNanos: 1_500_000_000,
    unknownCost: 1,
    estimated: true,
    recalled: 0,
    recalledSavedNanos: 0,
  },
};

const noModel: Problem = { code: "no-model", message: "There is no model yet.", action: "pull-model" };

describe("a shown suggestion", () => {
  const shown = { uri: "u", offset: 10, text: "return 1;", trace: "t" };
  const left = (typed: string) => remainder(shown, "u", 10 + typed.length, () => typed);
  it("shrinks while the typed text agrees with it", () => {
    assert.equal(left(""), "return 1;");
    assert.equal(left("ret"), "urn 1;");
  });
  it("goes when the typed text departs from it, uses it up, or is elsewhere", () => {
    assert.equal(left("rat"), null);
    assert.equal(left("return 1;"), null);
    assert.equal(
      remainder(shown, "other", 12, () => "re"),
      null,
    );
    assert.equal(
      remainder(shown, "u", 9, () => ""),
      null,
    );
    assert.equal(
      remainder(null, "u", 10, () => ""),
      null,
    );
  });
});

describe("brackets that the editor closed by itself", () => {
  for (const [text, lineAfter, expected] of [
    ["a, b);", ")", 1], // typed up to "f(", the editor added ")"
    ["a, b)", ");", 0], // what is not only brackets stays
    ["(a) => a", ")", 0], // balanced: the one after the cursor is still needed
    ["a], b);", "])", 2],
    ["a, b", ")", 0],
    ["x;", "", 0],
  ] as const)
    it(`${text} before ${lineAfter || "nothing"}`, () => assert.equal(closedAlready(text, lineAfter), expected));
});

describe("the pace of typing", () => {
  it("waits the set time at first, longer for a fast typist, at most twice as long", () => {
    const pace = new Pace();
    assert.equal(pace.waitMs(75), 75);
    for (const t of [0, 100, 200, 300]) pace.key(t);
    assert.equal(pace.waitMs(75), 100);
    assert.equal(pace.waitMs(40), 80);
  });
  it("forgets no pace for a pause", () => {
    const pace = new Pace();
    for (const t of [0, 100, 60_000]) pace.key(t);
    assert.equal(pace.waitMs(75), 100);
  });
});

describe("whether a suggestion can be asked for", () => {
  it("goes on with the last good configuration while the file has a fault", () => {
    assert.equal(whyNotReady({ kind: "ready", daemon }), null);
    assert.equal(whyNotReady({ kind: "config-fault", daemon, message: "line 3" }), null);
  });
  it("says what is in the way where nothing could answer", () => {
    const none = { ...daemon, models: [] };
    assert.match(whyNotReady({ kind: "config-fault", daemon: none, message: "line 3" }) ?? "", /configuration/);
    assert.match(whyNotReady({ kind: "config-fault", daemon: null, message: "line 3" }) ?? "", /configuration/);
    assert.match(whyNotReady({ kind: "no-model", daemon: none, problem: noModel }) ?? "", /no model/);
    assert.match(whyNotReady({ kind: "stopped", reason: "r" }) ?? "", /not running/);
    assert.equal(whyNotReady({ kind: "starting", what: "Looking for the daemon" }), "Looking for the daemon");
  });
});

describe("a pulled model", () => {
  it("is ready when the daemon names it, by its name or its id", () => {
    const named = (name: string, id: string) => ({ models: [{ ...daemon.models[0]!, name, id }] });
    const entry = { name: "coder", title: "Coder" };
    assert.equal(stillToDo(entry, named("coder", "small")), null);
    assert.equal(stillToDo(entry, named("/m/coder.gguf", "coder")), null);
    const todo = stillToDo(entry, daemon) ?? "";
    assert.match(todo, /^Coder is on this machine, but/);
    assert.match(todo, /"coder": \{ "provider": "engine", "name": "coder" \}/);
  });
});

describe("what can be forgotten", () => {
  const now = new Date(2026, 10, 21, 14, 30);
  const none = { since: null, before: null, workspace: null, trace: null };
  it("is the last hour, today, this workspace or everything", () => {
    assert.deepEqual(
      forgettable(now, "sample").map((f) => [f.label, f.which]),
      [
        ["Last hour", { ...none, since: new Date(2026, 10, 21, 13, 30).getTime() }],
        ["Today", { ...none, since: new Date(2026, 10, 21).getTime() }],
        ["This workspace", { ...none, workspace: "sample" }],
        ["Everything", none],
      ],
    );
  });
  it("is nothing of a workspace where none is open, and only everything is asked once more", () => {
    assert.deepEqual(
      forgettable(now, null).map((f) => [f.label, f.everything]),
      [
        ["Last hour", false],
        ["Today", false],
        ["Everything", true],
      ],
    );
  });
  it("is counted when it is gone", () => {
    assert.deepEqual([0, 1, 1_200].map(forgotten), [
      "There was no remembered answer to forget.",
      "1 remembered answer was forgotten.",
      "1,200 remembered answers were forgotten.",
    ]);
  });
});

describe("a command to copy", () => {
  const args = ["models", "pull", "coder", "--data", "/home/a b/it's"];
  it("runs as it stands, in the editor's own Node", () => {
    const host = { execPath: "/opt/node", platform: "linux", electron: false } as const;
    assert.equal(
      commandLine("/x/switchyard.js", args, host),
      String.raw`/opt/node /x/switchyard.js models pull coder --data '/home/a b/it'\''s'`,
    );
    assert.match(commandLine("/x/switchyard.js", args, { ...host, electron: true }), /^ELECTRON_RUN_AS_NODE=1 \/opt/);
  });
  it("is PowerShell's on Windows", () => {
    const host = { execPath: "C:\\P F\\Code.exe", platform: "win32", electron: true } as const;
    assert.equal(
      commandLine("C:\\x.js", ["models", "engine"], host),
      "$env:ELECTRON_RUN_AS_NODE=1; & 'C:\\P F\\Code.exe' 'C:\\x.js' 'models' 'engine'",
    );
  });
});

describe("trying again", () => {
  it("waits longer each time and gives up", () => {
    const backoff = new Backoff();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 8; i++) waits.push(backoff.failed(i));
    assert.deepEqual(waits, [0, 250, 500, 1000, 2000, 4000, null, null]);
  });
  it("starts anew after a connection that held, not after one that broke at once", () => {
    const backoff = new Backoff();
    backoff.failed(0);
    backoff.connected(100);
    assert.equal(backoff.failed(200), 250);
    backoff.connected(300);
    assert.equal(backoff.failed(60_000), 0);
  });
});

describe("why a daemon didn't start", () => {
  it("is read from what this one wrote, not from older runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-log-"));
    try {
      const log = join(folder, "daemon.log");
      assert.equal(await textAfter(log, await sizeOf(log)), "");
      writeFileSync(log, "switchyard: the fault of yesterday\n");
      const size = await sizeOf(log);
      assert.equal(await textAfter(log, size), "");
      appendFileSync(log, "switchyard: today's\n");
      assert.equal(await textAfter(log, size), "switchyard: today's\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it("is one sentence", () => {
    const log = [
      "2026-11-21T10:00:00.000Z info  the ledger is open rows=3",
      'switchyard: /c.jsonc:2:14: routing.qualty: is unknown; did you mean "quality"?',
    ];
    assert.equal(lastWords(log.join("\n")), '/c.jsonc:2:14: routing.qualty: is unknown; did you mean "quality"?');
    assert.equal(lastWords("2026-11-21T10:00:00.000Z error the port is taken\n"), "the port is taken.");
    const crash = "file:///d.js:1\nthrow 1\n\nTypeError: x is not a function\n    at a (b:1:1)\n\nNode.js v24.1.0\n";
    assert.equal(lastWords(crash), "TypeError: x is not a function.");
    assert.equal(lastWords(""), "");
  });
});

describe("the gate of a session", () => {
  it("keeps those who wait through a second shut", async () => {
    const gate = new Gate();
    const waiting = gate.promise;
    gate.shut();
    gate.open();
    await waiting;
  });
  it("turns waiters away when it fails, and holds new ones when shut again", async () => {
    const gate = new Gate();
    const waiting = gate.promise;
    gate.fail(new Error("stopped"));
    await assert.rejects(waiting, /stopped/);
    gate.shut();
    assert.notEqual(gate.promise, waiting);
  });
});

describe("the session's state", () => {
  it("names what is in the way first", () => {
    assert.equal(stateOf(daemon).kind, "ready");
    assert.equal(stateOf({ ...daemon, models: [] }).kind, "starting", "local servers are still being looked for");
    assert.equal(stateOf({ ...daemon, models: [], problems: [noModel] }).kind, "no-model");
    const problems = [{ code: "config" as const, message: "line 3", action: "open-config" as const }];
    assert.equal(stateOf({ ...daemon, models: [], problems }).kind, "config-fault");
  });
});

describe("the status bar", () => {
  it("shows today's money with its unit, marked where it is an estimate", () => {
    const { text, tooltip, command } = statusOf({ kind: "ready", daemon }, "none, the document is empty");
    assert.equal(text, "$(pulse) ≈\u00a0$0.012 · ≈\u00a0$1.50 saved");
    assert.match(tooltip, /3 requests, 1 running/);
    assert.match(tooltip, /1 request of unknown cost/);
    assert.match(tooltip, /Last suggestion: none, the document is empty/);
    assert.equal(command, "switchyard.stats");
  });
  it("tells of answers from memory when there were some, and what they saved", () => {
    const tooltip = (recalled: number, recalledSavedNanos: number): string =>
      statusOf({ kind: "ready", daemon: { ...daemon, meter: { ...daemon.meter, recalled, recalledSavedNanos } } }, null)
        .tooltip;
    assert.doesNotMatch(tooltip(0, 0), /memory/);
    assert.match(tooltip(3, 12_300_000), /^3 answers from memory today, ≈\u00a0\$0\.012 saved by them$/m);
    assert.match(tooltip(1, 12_300_000), /^1 answer from memory today, .* saved by it$/m);
    assert.match(tooltip(2, 0), /^2 answers from memory today$/m, "free models save no money");
  });
  it("shows the way out of every other state, and none where only waiting helps", () => {
    const none = { ...daemon, models: [] };
    assert.equal(statusOf({ kind: "starting", what: "w" }, null).command, null);
    assert.equal(statusOf({ kind: "no-model", daemon: none, problem: noModel }, null).command, "switchyard.wayOut");
    assert.equal(statusOf({ kind: "stopped", reason: "r" }, null).severity, "error");
    const fault = statusOf({ kind: "config-fault", daemon: null, message: "line 3, `routing`" }, null);
    assert.equal(fault.command, "switchyard.openConfiguration");
    assert.match(fault.tooltip, /line 3, \\`routing\\`/, "the daemon's words are no Markdown");
  });
});

describe("the default places", () => {
  const envs: NodeJS.ProcessEnv[] = [
    { HOME: "/home/a", USERPROFILE: "C:\\a" },
    { HOME: "/home/a", USERPROFILE: "C:\\a", XDG_DATA_HOME: "/x", XDG_CONFIG_HOME: "/y" },
    { HOME: "/home/a", USERPROFILE: "C:\\a", XDG_DATA_HOME: "relative", XDG_CONFIG_HOME: "relative" },
    { HOME: "/home/a", USERPROFILE: "C:\\a", LOCALAPPDATA: "D:\\L", APPDATA: "D:\\R" },
  ];
  for (const platform of ["linux", "darwin", "win32"] as const)
    it(`are the daemon's own on ${platform}: a window looks where the daemon is`, () => {
      for (const env of envs) {
        assert.equal(defaultDataDir(platform, env, "/none"), daemonPaths.defaultDataDir(env, platform));
        assert.equal(defaultConfigFile(platform, env, "/none"), daemonPaths.defaultConfigFile(env, platform));
      }
    });
});

describe("package.json", () => {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));
  it("says what extension/contributions.ts says", () => {
    assert.deepEqual(manifest.contributes, JSON.parse(JSON.stringify(contributes)));
    assert.deepEqual(manifest.activationEvents, activationEvents);
  });
  it("keeps everything else when it is generated", () => {
    const generated = JSON.parse(contributionsFile().text);
    for (const key of Object.keys(manifest)) assert.ok(key in generated, key);
    assert.deepEqual(generated.dependencies, manifest.dependencies);
  });
  it("offers only commands that exist, in menus and keys", () => {
    const used = [
      ...contributes.keybindings.map((k) => k.command),
      ...Object.values(contributes.menus).flatMap((menu) => menu.flatMap((m) => ("command" in m ? m.command : []))),
    ];
    for (const command of used) assert.ok(command in commands, command);
    const menus: readonly string[] = Object.keys(contributes.menus);
    for (const { id } of contributes.submenus) assert.ok(menus.includes(id), `${id} has entries`);
  });
  it("documents every setting", () => {
    for (const [id, about] of Object.entries(settings)) {
      assert.ok(id.startsWith("switchyard."));
      assert.match(about.markdownDescription, /\.$/, id);
    }
  });
});
