import assert from "node:assert/strict";
import { ConfigFault, type Path } from "../../server/io/config/fault.ts";
import { loadConfig, sourceOf } from "../../server/io/config/load.ts";
import { starterConfig } from "../../server/io/config/starter.ts";
import { configSchema } from "../../server/protocol/config.ts";

const file = "/home/me/config.jsonc";
const load = (text: string, env: NodeJS.ProcessEnv = {}, flags: unknown = {}) => loadConfig(file, text, env, flags);
function faultOf(text: string, env: NodeJS.ProcessEnv = {}, flags: unknown = {}): ConfigFault {
  try {
    load(text, env, flags);
  } catch (e) {
    assert.ok(e instanceof ConfigFault, String(e));
    return e;
  }
  assert.fail("it was accepted");
}

const good = `{
  // a comment
  "providers": { "gpu": { "kind": "openai", "baseUrl": "http://127.0.0.1:8000/v1" }, },
  "models": { "small": { "provider": "gpu", "name": "qwen" }, "large": { "provider": "gpu", "name": "big" } },
  "routing": { "primary": "small", "escalation": "large" },
}`;

describe("configuration: reading", () => {
  it("fills in the defaults, also of a missing or empty file", () => {
    const defaults = configSchema.parse({});
    assert.deepEqual(loadConfig(file, null, {}, {}).config, defaults);
    assert.deepEqual(load("").config, defaults);
    assert.deepEqual(load("// nothing yet\n").config, defaults);
    assert.equal(defaults.ledger.maxTraces, 1_000_000);
    assert.deepEqual(defaults.routing.band, [0.35, 0.65]);
  });

  it("takes comments, trailing commas and a byte order mark", () => {
    assert.equal(load(`\uFEFF${good}`).config.routing.escalation, "large");
    assert.deepEqual(load(good).config.models["small"]?.abilities, ["chat", "completion"]);
  });

  it("completes deadlines that are set in part", () => {
    const { config } = load(
      `{"providers":{"a":{"kind":"openai","baseUrl":"http://localhost/v1","timeouts":{"connectMs":7}}}}`,
    );
    assert.deepEqual(config.providers["a"]?.timeouts, {
      connectMs: 7,
      firstTokenMs: 8_000,
      betweenTokensMs: 20_000,
      totalMs: 600_000,
    });
  });

  it("accepts its own starter, as it is and with its examples uncommented", () => {
    assert.deepEqual(load(starterConfig()).config, configSchema.parse({}));
    const uncommented = starterConfig().replace(/^(\s*)\/\/ ?(?=\s*"\w+": )/gm, "$1");
    assert.deepEqual(Object.keys(load(uncommented).config.models), ["small", "large"]);
  });
});

describe("configuration: faults", () => {
  const at = (e: ConfigFault) => [e.line, e.column, e.field];

  it("gives line and column of a mistake in the text", () => {
    const e = faultOf(`{\n  "routing": { "quality" 0.5 }\n}`);
    assert.deepEqual(at(e), [2, 26, null]);
    assert.match(e.message, /^\/home\/me\/config\.jsonc:2:26: this isn't JSON with comments: colon expected/);
  });

  it("gives line, column and field of a bad value", () => {
    const e = faultOf(`{\n  "routing": {\n    "quality": "high" }\n}`);
    assert.deepEqual(at(e), [3, 16, "routing.quality"]);
    assert.match(e.message, /routing\.quality: must be a number from 0 to 1, or cost, balanced or quality/);
  });

  it("counts columns behind a byte order mark as the editor does", () => {
    assert.deepEqual(at(faultOf(`\uFEFF{"x": 1}`)), [1, 2, "x"]);
  });

  for (const [text, field, near] of [
    [`{"rooting": {}}`, "rooting", "routing"],
    [`{"routing": {"qualty": 1}}`, "routing.qualty", "quality"],
    [`{"providers":{"a":{"kind":"openai","baseURL":"http://x/v1"}}}`, "providers.a.baseURL", "baseUrl"],
    [`{"providers":{"a":{"kind":"llama-cpp","paralel":1}}}`, "providers.a.paralel", "parallel"],
    [`{"models":{"m":{"provider":"p","name":"n","pirces":{}}}}`, "models.m.pirces", "prices"],
    [`{"routing":{"rules":[{"wen":{"task":"title"},"use":"m"}]}}`, "routing.rules[0].wen", "when"],
  ] as const)
    it(`names the nearest known key of ${field}`, () => {
      const flaw = faultOf(text).flaws.find((f) => f.field === field);
      assert.match(flaw?.reason ?? "", new RegExp(`unknown.*"${near}"`));
    });

  it("points at the name of an unknown key, not at its value", () => {
    assert.deepEqual(at(faultOf(`{\n  "routing": { "qualty": 1 }\n}`)), [2, 16, "routing.qualty"]);
  });

  it("refuses what is not yet, by that word", () => {
    for (const text of [
      `{"cascade": {"enabled": true}}`,
      `{"privacy": {"localOnly": []}}`,
      `{"providers":{"a":{"kind":"anthropic","baseUrl":"https://x"}}}`,
      `{"providers":{"a":{"kind":"openai","baseUrl":"https://x/v1","wires":["chat","responses"]}}}`,
      `{"server": {"host": "0.0.0.0"}}`,
    ]) {
      const e = faultOf(text);
      assert.match(e.message, /not yet/, text);
      assert.equal(e.flaws.length, 1, e.flaws.map((f) => `${f.field}: ${f.reason}`).join("\n"));
    }
  });

  it("refuses a literal key, with the reason and without the key", () => {
    const e = faultOf(`{"providers":{"a":{"kind":"openai","baseUrl":"https://x/v1","apiKey":"sk-12345"}}}`);
    assert.equal(e.field, "providers.a.apiKey");
    assert.match(e.message, /a key is never written here: use env:NAME/);
    assert.ok(!JSON.stringify([e.message, e.flaws]).includes("sk-12345"));
  });

  it("refuses a key in an address, without repeating it", () => {
    const e = faultOf(`{"providers":{"a":{"kind":"openai","baseUrl":"https://me:sk-12345@x/v1"}}}`);
    assert.match(e.message, /never written here/);
    assert.ok(!e.message.includes("sk-12345"));
  });

  it("checks what refers to something else", () => {
    const provider = faultOf(good.replace(`"provider": "gpu", "name": "qwen"`, `"provider": "gpo", "name": "qwen"`));
    assert.deepEqual([provider.field, provider.line], ["models.small.provider", 4]);
    assert.match(provider.message, /did you mean "gpu"/);
    const role = faultOf(good.replace(`"escalation": "large"`, `"escalation": "lrage"`));
    assert.deepEqual([role.field, role.line], ["routing.escalation", 5]);
    const rule = faultOf(
      good.replace(`"escalation"`, `"rules": [{"when":{"task":"title"},"use":"none"}], "escalation"`),
    );
    assert.equal(rule.field, "routing.rules[0].use");
  });

  it("says that something is missing where it should be", () => {
    const e = faultOf(`{\n "providers": {},\n "models": { "m": { "provider": "p" } }\n}`);
    assert.deepEqual([e.field, e.line], ["models.m.name", 3]);
    assert.match(e.message, /is missing/);
    assert.match(faultOf(`{"providers":{"a":{}}}`).message, /providers\.a\.kind: is missing: one of openai, llama-cpp/);
  });

  it("names the field where questions are to be compared by a model that can't", () => {
    const reasonOf = (model: string, abilities: string, provider: string) =>
      faultOf(`{
        "providers": {
          "gpu": { "kind": "openai", "baseUrl": "http://127.0.0.1:8000/v1" },
          "chats": { "kind": "openai", "baseUrl": "http://127.0.0.1:8001/v1", "wires": ["chat"] },
          "engine": { "kind": "llama-cpp" },
        },
        "models": { "embed": { "provider": "${provider}", "name": "e", "abilities": ["${abilities}"] } },
        "cache": { "semantic": { "model": "${model}" } },
      }`).message;
    const field = "cache\\.semantic\\.model: .*";
    assert.match(
      reasonOf("embd", "embeddings", "gpu"),
      new RegExp(`${field}no model of this name; did you mean "embed"`),
    );
    assert.match(reasonOf("embed", "chat", "gpu"), new RegExp(`${field}ability "embeddings"`));
    assert.match(reasonOf("embed", "embeddings", "engine"), new RegExp(`${field}kind "openai"`));
    assert.match(reasonOf("embed", "embeddings", "chats"), new RegExp(`${field}providers\\.chats\\.wires`));
  });

  it("lists the known abilities for an unknown one", () => {
    const e = faultOf(`{"models":{"m":{"provider":"p","name":"n","abilities":["chat","talk"]}}}`);
    assert.match(e.message, /models\.m\.abilities\[1\]: must be one of chat, completion, fim/);
  });

  it("says limits in words, not as the schema library does", () => {
    const reasonOf = (text: string): string => faultOf(text).message.replace(/^.*?\d: /, "");
    assert.equal(reasonOf(`{"routing":{"band":[0.7]}}`), "routing.band: must have 2 parts or more");
    assert.equal(reasonOf(`{"hedge":{"maxShare":1.5}}`), "hedge.maxShare: must be 1 or less");
    assert.equal(
      reasonOf(`{"cache":{"decisions":{"ttlSeconds":0}}}`),
      "cache.decisions.ttlSeconds: must be more than 0",
    );
    assert.equal(
      reasonOf(`{"models":{"m":{"provider":"p","name":""}}}`),
      "models.m.name: must have 1 character or more",
    );
    const arms = `[{"strategy":"control"},{"strategy":"adaptive","share":0.1}]`;
    assert.match(
      reasonOf(`{"experiments":[{"name":"x","startsAt":"soon","arms":${arms}}]}`),
      /must be a time with its zone/,
    );
    assert.match(reasonOf(`{"experiments":[{"name":"x","arms":[]}]}`), /arms: must have 2 parts or more/);
  });

  it("lists every flaw, in the order of the file", () => {
    const e = faultOf(`{\n "log": {"level": "loud"},\n "server": {"port": -1},\n "x": 1\n}`);
    assert.deepEqual(
      e.flaws.map((f) => f.field),
      ["log.level", "server.port", "x"],
    );
    assert.match(e.message, /\(and 2 more\)/);
  });

  it("refuses a key that is set twice, a prototype, and what is no object", () => {
    assert.match(faultOf(`{"log": {}, "log": {}}`).message, /set twice/);
    assert.equal(faultOf(`{"__proto__": {"log": 1}}`).field, "__proto__");
    assert.match(faultOf(`[1]`).message, /must hold an object/);
  });
});

describe("configuration: layers", () => {
  const origin = (loaded: ReturnType<typeof load>, path: string): string =>
    sourceOf(loaded.layers, path.split(".") as Path);

  it("lets the environment win over the file, and flags over both", () => {
    const text = `{"routing":{"quality":0.1},"server":{"port":1,"maxConcurrent":3},"log":{"level":"warn"}}`;
    const env = { SWITCHYARD_ROUTING__QUALITY: "0.7", SWITCHYARD_SERVER__PORT: "2" };
    const loaded = load(text, env, { server: { port: 3, host: undefined } });
    assert.equal(loaded.config.routing.quality, 0.7);
    assert.equal(loaded.config.server.port, 3);
    assert.equal(loaded.config.server.maxConcurrent, 3);
    assert.deepEqual(
      ["routing.quality", "server.port", "log.level", "log.format"].map((p) => origin(loaded, p)),
      ["environment", "flag", "file", "default"],
    );
  });

  it("finds a key in any case, with or without underscores, at any depth", () => {
    const { config } = load(good, {
      SWITCHYARD_ROUTING__FALLBACK_EXPLICIT: "true",
      SWITCHYARD_PROVIDERS__GPU__BASEURL: "http://10.0.0.1/v1",
      SWITCHYARD_PROVIDERS__GPU__TIMEOUTS__FIRST_TOKEN_MS: "9",
      SWITCHYARD_MODELS__SMALL__PRICES: `{"input":1,"output":2}`,
      SWITCHYARD_PRIVACY__DENY: `["**/x"]`,
      SWITCHYARD_PROVIDERS__NEW_ONE__KIND: "llama-cpp",
    });
    assert.equal(config.routing.fallbackExplicit, true);
    const gpu = config.providers["gpu"];
    assert.ok(gpu?.kind === "openai");
    assert.equal(gpu.baseUrl, "http://10.0.0.1/v1");
    assert.equal(gpu.timeouts?.firstTokenMs, 9);
    assert.equal(config.models["small"]?.prices?.output, 2);
    assert.deepEqual(config.privacy.deny, ["**/x"]);
    assert.equal(config.providers["new_one"]?.kind, "llama-cpp");
  });

  it("ignores variables that are no settings, and empty ones", () => {
    const env = { SWITCHYARD_HOME: "/x", SWITCHYARD_: "1", SWITCHYARD_ROUTING__QUALITY: "", OTHER__KEY: "1" };
    assert.deepEqual(load("{}", env).config, configSchema.parse({}));
  });

  it("names the variable behind a bad value, and gives no line", () => {
    const e = faultOf(good, { SWITCHYARD_ROUTING__QUALITY: "7" });
    assert.deepEqual([e.field, e.line], ["routing.quality", null]);
    assert.match(e.message, /^environment variable SWITCHYARD_ROUTING__QUALITY: routing\.quality: /);
    const unknown = faultOf("{}", { SWITCHYARD_ROUTING__QUALTY: "0.7" });
    assert.match(unknown.message, /SWITCHYARD_ROUTING__QUALTY: routing\.qualty: is unknown; did you mean "quality"\?/);
    assert.match(faultOf("{}", { SWITCHYARD_PRIVACY__LOCAL_ONLY: "[]" }).message, /privacy\.localOnly: not yet/);
  });

  it("says that a flag is bad", () => {
    assert.match(faultOf("{}", {}, { server: { port: 99_999 } }).message, /^command line: server\.port: /);
  });
});
