import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { discover, type LocalServer } from "../../server/io/discovery/discover.ts";
import { configSchema } from "../../server/protocol/config.ts";

describe("discovery of local servers", () => {
  const open: Server[] = [];
  const serve = async (id: string, listener: RequestListener): Promise<LocalServer> => {
    const server = createServer(listener);
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { id, title: id, port: (server.address() as AddressInfo).port };
  };
  const listing =
    (...ids: string[]): RequestListener =>
    (request, response) => {
      response.end(request.url === "/v1/models" ? JSON.stringify({ data: ids.map((id) => ({ id })) }) : "{}");
    };
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("finds what lists models, and says it as the configuration would", async () => {
    const one = await serve("one", listing("qwen2.5-coder:7b", "nomic-embed-text"));
    const two = await serve("two", listing("llama 3", "qwen2.5-coder:7b"));
    const { servers, config } = await discover({ servers: [one, two], env: {} });
    assert.deepEqual(
      servers.map((s) => [s.id, s.models]),
      [
        ["one", ["qwen2.5-coder:7b"]],
        ["two", ["llama 3", "qwen2.5-coder:7b"]],
      ],
    );
    const parsed = configSchema.parse(config);
    assert.deepEqual(Object.keys(parsed.models), ["qwen2.5-coder:7b", "llama-3", "two/qwen2.5-coder:7b"]);
    assert.deepEqual(parsed.models["qwen2.5-coder:7b"]?.abilities, ["chat", "completion", "fim"]);
    assert.equal(parsed.models["llama-3"]?.name, "llama 3");
    assert.deepEqual(parsed.providers["two"], {
      kind: "openai",
      baseUrl: `http://127.0.0.1:${two.port}/v1`,
      locality: "local",
    });
  });

  it("passes over what is no model server, answers nonsense, is empty, or isn't there", async () => {
    const web = await serve("web", (_, response) => response.end("<html>"));
    const refuses = await serve("refuses", (_, response) => response.writeHead(401).end("{}"));
    const empty = await serve("empty", listing());
    const gone = await serve("gone", listing("x"));
    await new Promise((resolve) => open.pop()?.close(resolve));
    const { servers, config } = await discover({ servers: [web, refuses, empty, gone], env: {} });
    assert.deepEqual(servers, []);
    assert.deepEqual(config, { providers: {}, models: {} });
  });

  it("doesn't wait for a server that is silent", async () => {
    const silent = await serve("silent", () => {});
    const quick = await serve("quick", listing("m"));
    const { servers } = await discover({ servers: [silent, quick], env: {}, timeoutMs: 150 });
    assert.deepEqual(
      servers.map((s) => s.id),
      ["quick"],
    );
  });

  it("ignores an endless answer", async () => {
    const endless = await serve("endless", (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    assert.deepEqual((await discover({ servers: [endless], env: {}, timeoutMs: 5000 })).servers, []);
  });

  it("offers the names of keys, never their values", async () => {
    const found = await discover({ servers: [], env: { ANTHROPIC_API_KEY: "sk-hidden", OPENAI_API_KEY: "" } });
    assert.deepEqual(found.offers, ["ANTHROPIC_API_KEY"]);
    assert.ok(!JSON.stringify(found).includes("sk-hidden"));
  });
});
