import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../support/daemon.ts";
import { cloudKey, townConfig, townEnv } from "../support/daemon-config.ts";
import { useUpstreams } from "../support/town.ts";

/** Every file under a folder, as bytes in one. */
const everything = (folder: string): Buffer =>
  Buffer.concat(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path)),
  );

describe("privacy over HTTP", () => {
  const town = useUpstreams();
  const says = (content: string) => ({ messages: [{ role: "user", content }] });
  const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----";

  it("offline, everything stays on this machine", async () => {
    const config = townConfig(town, { privacy: { offline: true } });
    await using daemon = await startDaemon({ config, env: townEnv });
    for (const model of ["switchyard/auto", "switchyard/best"]) {
      const reply = await daemon.chat({ model });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers["x-switchyard-model"], "small");
      const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.deepEqual(trace.privacy, { verdict: "local-only", rule: "offline" });
    }
    town.gpu.script = () => ({ status: 500, body: "" });
    assert.notEqual((await daemon.chat()).status, 200);
    const explicit = await daemon.chat({ model: "large" });
    assert.ok(explicit.status >= 400);
    assert.match(explicit.json.error.message, /offline/);
    assert.equal(town.cloud.requests.length, 0);
  });

  it("text that holds a secret stays on this machine, and the trace names the rule", async () => {
    await using daemon = await startDaemon({ config: townConfig(town), env: townEnv });
    const secrets = {
      "private-key": pem,
      "github-token": `ghp_${"a1B2".repeat(9)}`,
      "aws-key": "AKIAIOSFODNN7EXAMPLE",
    };
    for (const [kind, secret] of Object.entries(secrets)) {
      const reply = await daemon.chat({ model: "switchyard/best", ...says(`Why does this fail? ${secret}`) });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers["x-switchyard-model"], "small");
      const trace = await daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.deepEqual(trace.privacy, { verdict: "local-only", rule: `content:${kind}` });
    }
    const explicit = await daemon.chat({ model: "large", ...says(pem) });
    assert.ok(explicit.status >= 400, explicit.text);
    assert.equal(town.cloud.calls.length, 0);
    town.gpu.script = () => ({ reset: "accept" });
    assert.notEqual((await daemon.chat(says(pem))).status, 200);
    assert.equal(town.cloud.calls.length, 0, "nor does it leave as a fallback");
  });

  it("keys, tokens and texts reach neither the data folder nor the log", async () => {
    await using daemon = await startDaemon({
      config: townConfig(town, { log: { level: "debug" } }),
      env: townEnv,
    });
    const prompt = "a prompt that nobody else reads 77120";
    town.cloud.script = () => ({
      status: 401,
      body: `{"error":{"message":"Incorrect API key provided: ${cloudKey}"}}`,
    });
    const refused = await daemon.chat({ model: "large", ...says(prompt) });
    assert.equal(refused.status, 401);
    assert.ok(!refused.text.includes(cloudKey), "the client is not told the provider's key either");
    town.cloud.clear();
    assert.equal((await daemon.chat({ model: "large", ...says(prompt), stream: true })).status, 200);
    assert.equal(town.cloud.last.headers.authorization, `Bearer ${cloudKey}`);
    await daemon.traces();
    const log = daemon.stderr();
    const kept = everything(daemon.home.dataDir);
    for (const word of [cloudKey, prompt]) {
      assert.ok(!log.includes(word), "in the log");
      assert.ok(!kept.includes(word), "in the data folder");
    }
    assert.ok(!log.includes(daemon.token), "the token is in the log");
  });
});
