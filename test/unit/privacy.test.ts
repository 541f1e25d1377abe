import assert from "node:assert/strict";
import { pathMatcher } from "../../server/logic/privacy/paths.ts";
import { findSecret } from "../../server/logic/privacy/secrets.ts";
import { privacyOf } from "../../server/logic/privacy/verdict.ts";
import { configSchema } from "../../server/protocol/config.ts";

const denied = pathMatcher(configSchema.parse({}).privacy.deny);

describe("privacy rules", () => {
  it("deny secrets files wherever they lie and however their path is written", () => {
    for (const path of [
      ".env",
      "/home/me/project/.env",
      "/home/me/project/.env.local",
      "/home/me/project/.ENV",
      "C:\\project\\.env",
      "file:///home/me/project/.env",
      "file:///c%3A/my%20project/.env.production",
      "vscode-remote://ssh-remote%2Bbox/home/me/.env",
      "untitled:.env",
      "/etc/ssl/server.pem",
      "/home/me/.ssh/id_rsa",
      "/home/me/.ssh/id_ed25519",
      "certs/client.key",
    ])
      assert.notEqual(denied(path), null, path);
  });

  it("deny nothing else", () => {
    for (const path of ["/src/environment.ts", "/src/env.ts", "/src/keys.ts", "/docs/pem.md", "/src/.envoy/x.ts", ""])
      assert.equal(denied(path), null, path);
  });

  it("find secrets in text and in bytes, and name their kind", () => {
    const samples: Readonly<Record<string, string>> = {
      "private-key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
      "aws-key": "id = AKIAIOSFODNN7EXAMPLE",
      "github-token": `token ghp_${"aB3d".repeat(9)}`,
      "anthropic-key": `sk-ant-${"x1Y2".repeat(10)}`,
      "openai-key": `sk-proj-${"x1Y2".repeat(10)}`,
    };
    for (const [kind, text] of Object.entries(samples)) {
      assert.equal(findSecret(text), kind);
      assert.equal(findSecret(JSON.stringify({ content: `é ${text}` })), kind);
    }
  });

  it("take words about secrets for no secret", () => {
    for (const text of ["What is a PRIVATE KEY-----?", "AKIA is a prefix", "ghp_short", "sk-ant-…", "an AIza key", ""])
      assert.equal(findSecret(text), null, text);
  });

  it("hold by their strictness: denied before offline before content", () => {
    const rules = (offline: boolean) => ({ offline, denies: denied });
    const pem = "-----BEGIN PRIVATE KEY-----";
    assert.deepEqual(privacyOf(rules(true), ["/a/.env"], [pem]), { verdict: "nowhere", rule: "deny:**/.env*" });
    assert.deepEqual(privacyOf(rules(true), ["/a/b.ts"], [pem]), { verdict: "local-only", rule: "offline" });
    assert.deepEqual(privacyOf(rules(false), ["/a/b.ts"], ["fine", pem]), {
      verdict: "local-only",
      rule: "content:private-key",
    });
    assert.deepEqual(privacyOf(rules(false), ["/a/b.ts"], ["fine"]), { verdict: "anywhere", rule: "default" });
  });
});
