import assert from "node:assert/strict";
import { isLocalHost, localityOf, resolveModels } from "../../server/io/config/models.ts";
import { defaultConfigFile, defaultDataDir } from "../../server/io/config/paths.ts";
import { type ConfigInput, configSchema } from "../../server/protocol/config.ts";

const models = (input: ConfigInput) => resolveModels(configSchema.parse(input));

describe("configured models", () => {
  it("tells local addresses from others", () => {
    for (const host of [
      "localhost",
      "127.0.0.1",
      "127.8.0.9",
      "[::1]",
      "10.1.2.3",
      "172.31.0.1",
      "192.168.1.4",
      "gpu.local",
      "a.localhost",
      "[fd00::1]",
      "[fe80::1]",
      "[::ffff:10.0.0.1]",
    ])
      assert.ok(isLocalHost(host), host);
    for (const host of [
      "example.com",
      "8.8.8.8",
      "172.32.0.1",
      "gpu",
      "local",
      "127.0.0.1.example.com",
      "localhost.example.com",
      "[2001:db8::1]",
    ])
      assert.ok(!isLocalHost(host), host);
  });

  it("lets a stated locality win over the address", () => {
    assert.equal(localityOf({ kind: "openai", baseUrl: "http://127.0.0.1/v1", locality: "cloud" }), "cloud");
    assert.equal(localityOf({ kind: "openai", baseUrl: "https://box.example.com/v1", locality: "local" }), "local");
  });

  it("derives tier, locality, abilities and prices", () => {
    const [small, large, tiny, unpriced] = models({
      providers: {
        gpu: { kind: "openai", baseUrl: "http://192.168.0.2:8000/v1" },
        cloud: { kind: "openai", baseUrl: "https://api.example.com/v1" },
        engine: { kind: "llama-cpp" },
      },
      models: {
        small: { provider: "gpu", name: "s", prices: { input: 0, output: 0 }, contextWindow: 4096 },
        large: {
          provider: "cloud",
          name: "l",
          tier: "premium",
          abilities: ["chat", "tools"],
          prices: { input: 3, cachedInput: 0.3, output: 15 },
        },
        tiny: { provider: "engine", name: "t" },
        unpriced: { provider: "cloud", name: "u" },
      },
    });
    assert.deepEqual(
      [small?.tier, small?.locality, small?.contextWindow, small?.maxOutput],
      ["local", "local", 4096, null],
    );
    assert.deepEqual([...(small?.abilities ?? [])], ["chat", "completion"]);
    assert.deepEqual([large?.tier, large?.locality], ["premium", "cloud"]);
    assert.deepEqual(large?.prices, { input: 3, cachedInput: 0.3, cacheWrite: 3, output: 15, reasoning: 15 });
    assert.equal(tiny?.locality, "local");
    assert.deepEqual(tiny?.prices, { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 });
    assert.deepEqual([unpriced?.tier, unpriced?.prices], ["standard", null]);
  });
});

describe("a provider's wires", () => {
  it("take from its models what it has no endpoint for", () => {
    const [chat, both] = models({
      providers: {
        chat: { kind: "openai", baseUrl: "http://127.0.0.1:1/v1", wires: ["chat"] },
        both: { kind: "openai", baseUrl: "http://127.0.0.1:2/v1" },
      },
      models: {
        a: { provider: "chat", name: "a", abilities: ["chat", "completion", "fim", "embeddings"] },
        b: { provider: "both", name: "b" },
      },
    });
    assert.deepEqual([...(chat?.abilities ?? [])], ["chat", "fim"]);
    assert.deepEqual([...(both?.abilities ?? [])], ["chat", "completion"]);
  });
});

describe("default places", () => {
  it("follows XDG and each platform's own rules", () => {
    const home = { HOME: "/home/me" };
    assert.equal(defaultConfigFile(home, "linux"), "/home/me/.config/switchyard/config.jsonc");
    assert.equal(
      defaultConfigFile({ ...home, XDG_CONFIG_HOME: "/etc/me" }, "linux"),
      "/etc/me/switchyard/config.jsonc",
    );
    assert.equal(
      defaultConfigFile({ ...home, XDG_CONFIG_HOME: "relative" }, "linux"),
      "/home/me/.config/switchyard/config.jsonc",
    );
    assert.equal(defaultDataDir(home, "linux"), "/home/me/.local/share/switchyard");
    assert.equal(defaultConfigFile(home, "darwin"), "/home/me/Library/Application Support/switchyard/config.jsonc");
    const windows = { USERPROFILE: "C:\\Users\\me", APPDATA: "C:\\Users\\me\\AppData\\Roaming" };
    assert.equal(defaultConfigFile(windows, "win32"), "C:\\Users\\me\\AppData\\Roaming\\switchyard\\config.jsonc");
    assert.equal(defaultDataDir(windows, "win32"), "C:\\Users\\me\\AppData\\Local\\switchyard\\data");
  });
});
