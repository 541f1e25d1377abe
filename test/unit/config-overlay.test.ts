import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigFault } from "../../server/io/config/fault.ts";
import { loadConfig } from "../../server/io/config/load.ts";
import { overlaid } from "../../server/io/config/overlay.ts";
import { readPrices, withPrices } from "../../server/io/config/prices.ts";

describe("a configuration laid over the one in force", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "sy-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const provider = '"p": { "kind": "openai", "baseUrl": "http://127.0.0.1:9/v1" }';
  const inForce = loadConfig(
    "config.jsonc",
    `{ "providers": { ${provider} },
       "models": { "small": { "provider": "p", "name": "s", "contextWindow": 4096 }, "large": { "provider": "p", "name": "l" } },
       "routing": { "escalation": "large", "band": [0.2, 0.4], "rules": [{ "when": { "task": "title" }, "use": "small" }] } }`,
    { SWITCHYARD_ROUTING__QUALITY: "0.7" },
    {},
  );
  const put = (text: string): string => {
    const file = join(folder, "policy.jsonc");
    writeFileSync(file, text);
    return file;
  };
  const over = (text: string) => overlaid(inForce, put(text));
  const faultOf = (f: () => unknown): ConfigFault => {
    try {
      f();
    } catch (e) {
      if (e instanceof ConfigFault) return e;
      throw e;
    }
    throw new Error("nothing was wrong with it");
  };

  it("keeps what it doesn't name, what the environment set too, and replaces lists", () => {
    const { routing, models } = over(`{
      // what differs
      "routing": { "strategy": "adaptive", "rules": [] },
      "models": { "small": { "prices": { "input": 1, "output": 2 } }, "mid": { "provider": "p", "name": "m" } },
    }`);
    assert.equal(routing.strategy, "adaptive");
    assert.equal(routing.quality, 0.7);
    assert.deepEqual([routing.band, routing.rules, routing.escalation], [[0.2, 0.4], [], "large"]);
    assert.deepEqual(Object.keys(models), ["small", "large", "mid"]);
    assert.equal(models["small"]?.contextWindow, 4_096);
    assert.equal(models["small"]?.prices?.input, 1);
  });

  it("goes before the environment", () => {
    assert.equal(over('{ "routing": { "quality": 0.1 } }').routing.quality, 0.1);
  });

  it("stands by itself where it names providers", () => {
    const { routing, models } = over(
      `{ "providers": { ${provider} }, "models": { "only": { "provider": "p", "name": "o" } } }`,
    );
    assert.deepEqual(Object.keys(models), ["only"]);
    assert.deepEqual([routing.quality, routing.escalation], [0.5, undefined]);
  });

  const bad: readonly [what: string, text: string, line: number, field: string | null, says: RegExp][] = [
    ["an unknown key", '{\n  "routing": { "qualty": 1 }\n}', 2, "routing.qualty", /did you mean "quality"/],
    [
      "a model that is nowhere",
      '{\n\n  "routing": { "primary": "smal" } }',
      3,
      "routing.primary",
      /did you mean "small"/,
    ],
    ["broken JSON", '{\n  "routing": {\n', 3, null, /JSON with comments/],
    ["no object", "[]", 1, null, /must hold an object/],
  ];
  for (const [what, text, line, field, says] of bad)
    it(`with ${what} is refused with its file, line and field`, () => {
      const fault = faultOf(() => over(text));
      assert.ok(fault.file.endsWith("policy.jsonc"));
      assert.deepEqual([fault.line, fault.field], [line, field]);
      assert.match(fault.message, says);
    });

  it("that isn't there is refused", () => {
    assert.match(faultOf(() => overlaid(inForce, join(folder, "none.jsonc"))).message, /none\.jsonc.*no such file/);
  });

  describe("and a file of prices", () => {
    const prices = (text: string) => readPrices(put(text), ["small", "large"]);

    it("take the place of a model's own", () => {
      const list = prices('{ "large": { "input": 2, "cachedInput": 0.5, "output": 8 } } // per million');
      const { models } = withPrices(inForce.config, list);
      assert.deepEqual(models["large"]?.prices, { input: 2, cachedInput: 0.5, output: 8 });
      assert.equal(models["small"]?.prices, undefined);
      assert.equal(models["large"]?.name, "l");
    });

    const refused: readonly [what: string, text: string, line: number, field: string | null, says: RegExp][] = [
      ["of an unknown model", '{\n  "larg": { "input": 1, "output": 1 } }', 2, "larg", /did you mean "large"/],
      ["without the output's", '{\n  "large": { "input": 1 } }', 2, "large.output", /is missing/],
      ["below 0", '{\n  "large": {\n "input": -1, "output": 1 } }', 3, "large.input", /./],
      ["with an unknown key", '{ "large": { "input": 1, "output": 1,\n"chached": 1 } }', 2, "large.chached", /unknown/],
      ["that are no object", "3", 1, null, /must hold an object/],
      ["of a model, that are none", '{ "large": 3 }', 1, "large", /must be an object/],
    ];
    for (const [what, text, line, field, says] of refused)
      it(`${what} are refused with line and field`, () => {
        const fault = faultOf(() => prices(text));
        assert.deepEqual([fault.line, fault.field], [line, field]);
        assert.match(fault.message, says);
      });
  });
});
