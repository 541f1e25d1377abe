import assert from "node:assert/strict";
import { resolve } from "node:path";
import { findCycles, findViolations, importsOf, judge, roomOf } from "../../../scripts/check-imports.ts";

describe("the rooms", () => {
  it("are named after their folders", () => {
    assert.equal(roomOf("server/main.ts"), "server/wiring");
    assert.equal(roomOf("server/kit/clock.ts"), "server/kit");
    assert.equal(roomOf("server/io/net/pool.ts"), "server/io/net");
    assert.equal(roomOf("server/logic/wires/openai/chat.ts"), "server/logic/wires");
    assert.equal(roomOf("server/gateway/run/race.ts"), "server/gateway");
    assert.equal(roomOf("webview/chat/main.ts"), "webview");
    assert.equal(roomOf("test/unit/x.test.ts"), null);
  });

  const allowed = [
    ["server/protocol/trace.ts", "zod"],
    ["server/domain/fact.ts", "../kit/clock.ts"],
    ["server/logic/routing/features.ts", "../usage/estimate.ts"],
    ["server/logic/routing/features.ts", "node:crypto"],
    ["server/io/providers/openai.ts", "../net/pool.ts"],
    ["server/io/ledger/ledger.ts", "../store/store.ts"],
    ["server/io/config/load.ts", "../../logic/routing/features.ts"],
    ["server/surfaces/cli/models.ts", "../../io/models/pull.ts"],
    ["server/main.ts", "./io/providers/openai.ts"],
    ["extension/chat/panel.ts", "../../server/protocol/editor.ts"],
    ["extension/chat/panel.ts", "vscode"],
    ["webview/chat/main.ts", "../kit/rpc.ts"],
  ] as const;
  for (const [file, specifier] of allowed) {
    it(`let ${file} import ${specifier}`, () => assert.equal(judge(file, specifier), null));
  }

  const forbidden = [
    ["server/protocol/trace.ts", "undici"],
    ["server/protocol/trace.ts", "../kit/clock.ts"],
    ["server/kit/scope.ts", "../domain/event.ts"],
    ["server/domain/fact.ts", "../logic/usage/price.ts"],
    ["server/logic/routing/features.ts", "../wires/openai.ts"],
    ["server/logic/routing/features.ts", "node:fs"],
    ["server/io/config/load.ts", "../models/pull.ts"],
    ["server/io/net/pool.ts", "../providers/openai.ts"],
    ["server/gateway/attempt.ts", "../io/net/pool.ts"],
    ["server/surfaces/http/server.ts", "../../io/providers/openai.ts"],
    ["server/surfaces/http/server.ts", "../editor/session.ts"],
    ["server/gateway/attempt.ts", "../main.ts"],
    ["extension/main.ts", "../server/domain/event.ts"],
    ["extension/main.ts", "../webview/kit/rpc.ts"],
    ["webview/chat/main.ts", "../../extension/main.ts"],
    ["server/gateway/attempt.ts", "../../test/support/upstream.ts"],
    ["server/cellar/barrel.ts", "node:fs"],
  ] as const;
  for (const [file, specifier] of forbidden) {
    it(`forbid ${file} to import ${specifier}`, () => assert.notEqual(judge(file, specifier), null));
  }

  it("are kept by this project", () => {
    assert.deepEqual(findViolations(resolve(import.meta.dirname, "../../..")), []);
  });
});

describe("reading imports", () => {
  it("finds static, type, re-exported, side-effect and dynamic ones", () => {
    const source = [
      'import { readFileSync } from "node:fs";',
      'import type {\n  A,\n  B,\n} from "./a.ts";',
      'import "./style.css";',
      'export * from "./b.ts";',
      'export type { C } from "./c.ts";',
      'const late = await import("./late.ts");',
      'type T = typeof import("./typed.ts");',
    ].join("\n");
    assert.deepEqual(importsOf(source).sort(), [
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./late.ts",
      "./style.css",
      "./typed.ts",
      "node:fs",
    ]);
  });

  it("takes no comment and no plain string for one", () => {
    const source = '// import x from "./no.ts";\nexport const from = "./no.ts";\nconst s = "import y from z";\n';
    assert.deepEqual(importsOf(source), []);
  });
});

describe("circles of rooms", () => {
  it("are found, and named once", () => {
    const edges = new Map([
      ["a", new Set(["b"])],
      ["b", new Set(["c"])],
      ["c", new Set(["a"])],
    ]);
    assert.deepEqual(findCycles(edges), [["a", "b", "c", "a"]]);
  });

  it("are not seen where two ways lead to one room", () => {
    const edges = new Map([
      ["a", new Set(["b", "c"])],
      ["b", new Set(["d"])],
      ["c", new Set(["d"])],
    ]);
    assert.deepEqual(findCycles(edges), []);
  });
});
