import assert from "node:assert/strict";
import { Net } from "../../server/io/net/net.ts";
import { configSchema } from "../../server/protocol/config.ts";
import { Providers } from "../../server/wiring/providers.ts";

describe("a provider's key", () => {
  it("is missed until it is there, and the person is told which way to go", () => {
    const keys = new Map<string, string>();
    const env: Record<string, string> = {};
    const providers = new Providers({
      net: new Net({ env, offline: () => false }),
      env,
      secret: (name) => keys.get(name),
      engine: () => assert.fail("no engine is configured"),
    });
    const baseUrl = "https://api.example.com/v1";
    const { providers: config } = configSchema.parse({
      providers: {
        open: { kind: "openai", baseUrl },
        secret: { kind: "openai", baseUrl, apiKey: "secret:CLOUD" },
        variable: { kind: "openai", baseUrl, apiKey: "env:CLOUD" },
      },
    });
    providers.update(config);
    const [secret, variable] = providers.missingKeys();
    assert.equal(providers.missingKeys().length, 2);
    assert.deepEqual([secret?.code, secret?.action], ["provider", "set-api-key"]);
    assert.match(secret?.message ?? "", /secret needs the key "CLOUD"/);
    assert.match(variable?.message ?? "", /variable needs a key.*CLOUD is empty/);
    keys.set("CLOUD", "sk-1");
    env["CLOUD"] = "sk-2";
    assert.deepEqual(providers.missingKeys(), []);
  });
});
