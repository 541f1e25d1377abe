import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { newHome, runCommand } from "../support/daemon.ts";

describe("switchyard models", () => {
  it("pulls from the hub, through its redirect, what has the hash that the hub states", async () => {
    const weights = Buffer.concat([Buffer.from("GGUF"), Buffer.alloc(300_000, 7)]);
    const hub = createServer((req, res) => {
      if (req.url === "/cdn") return void res.end(weights);
      const sha256 = createHash("sha256").update(weights).digest("hex");
      res.writeHead(302, { location: "/cdn", "x-linked-etag": `"${sha256}"`, "x-linked-size": weights.length });
      res.end();
    });
    await once(hub.listen(0, "127.0.0.1"), "listening");
    using home = newHome();
    try {
      const env = { ...home.env, HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}` };
      const { code, stdout, stderr } = await runCommand(["models", "pull", "qwen2.5-coder-0.5b", "--json"], env);
      assert.equal(code, 0, stderr);
      const pulled = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as { path: string; source: string };
      assert.equal(pulled.source, "Hugging Face");
      assert.deepEqual(readFileSync(pulled.path), weights);
    } finally {
      hub.closeAllConnections();
      hub.close();
    }
  });
});
