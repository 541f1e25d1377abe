import assert from "node:assert/strict";
import http from "node:http";
import { startDaemon } from "../support/daemon.ts";
import { townConfig, townEnv } from "../support/daemon-config.ts";
import { Upstream } from "../support/upstream.ts";

const megabyte = 1_000_000;

describe("10,000 requests", () => {
  it("leave no trace unwritten, no connection open and no growth", async function () {
    this.timeout(60_000);
    await using gpu = await Upstream.start();
    await using cloud = await Upstream.start();
    await using daemon = await startDaemon({ config: townConfig({ gpu, cloud }), env: townEnv });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    const { port } = new URL(daemon.http);
    /** A third of them streams. */
    const body = [0, 1, 2].map((i) =>
      Buffer.from(
        JSON.stringify({
          model: "switchyard/auto",
          stream: i === 0,
          messages: [{ role: "user", content: "Say hello." }],
        }),
      ),
    );
    const one = (i: number) =>
      new Promise<void>((resolve, reject) => {
        const bytes = body[i % 3]!;
        const headers = {
          authorization: `Bearer ${daemon.token}`,
          "content-type": "application/json",
          "content-length": bytes.length,
        };
        const req = http.request({ port, agent, method: "POST", path: "/v1/chat/completions", headers }, (res) => {
          res.resume();
          res.on("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`status ${res.statusCode}`))));
        });
        req.on("error", reject);
        req.end(bytes);
      });
    const many = async (count: number) => {
      let next = 0;
      const worker = async () => {
        while (next < count) await one(next++);
      };
      await Promise.all(Array.from({ length: 32 }, worker));
      gpu.requests.length = 0;
    };

    try {
      await many(2_000);
      const early = daemon.rss();
      await many(8_000);
      const late = daemon.rss();
      assert.equal((await daemon.stats()).total.ok, 10_000);
      const grown = (late - early) / megabyte;
      assert.ok(grown < 40, `grew by ${grown.toFixed(0)} MB over the last 8,000 requests`);
      assert.ok(late < 200 * megabyte, `holds ${(late / megabyte).toFixed(0)} MB`);
      assert.equal(gpu.inFlight, 0);
      assert.ok(gpu.open <= 64, `${gpu.open} connections to the upstream`);
    } finally {
      agent.destroy();
    }
  });
});
