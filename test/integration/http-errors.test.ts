import assert from "node:assert/strict";
import { connect } from "node:net";
import { ask, dataOf, type Reply } from "../support/client.ts";
import { useTown } from "../support/town.ts";

/** An error in the OpenAI wire's form: a status, a stable code, and a sentence. */
function refused(reply: Reply, status: number, code: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.headers["content-type"] ?? "", /^application\/json/);
  const { error } = reply.json;
  assert.equal(error.code, code);
  assert.equal(typeof error.type, "string");
  assert.match(error.message, /\w+ \w+/);
}

describe("errors over HTTP", () => {
  const town = useTown({ connectMs: 1_000, firstTokenMs: 250, betweenTokensMs: 250, totalMs: 700 });
  afterEach("the daemon lives", async () => {
    assert.equal((await ask(town.daemon.http, { path: "/health" })).status, 200);
  });
  const path = "/v1/chat/completions";
  const good = '{"model":"small","messages":[{"role":"user","content":"Hi"}]}';

  describe("before admission, without a trace", () => {
    let newest: string | undefined;
    beforeEach(async () => {
      newest = (await town.daemon.traces("?limit=1"))[0]?.id;
    });
    afterEach(async () => {
      assert.equal((await town.daemon.traces("?limit=1"))[0]?.id, newest);
      assert.equal(town.gpu.calls.length + town.cloud.calls.length, 0);
    });

    it("JSON that is none", async () => {
      for (const body of [
        "{not json",
        "",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"model":"small"}',
        '{"model":"small","messages":[]}',
      ])
        refused(await town.daemon.ask({ path, body }), 400, "bad_request");
    });

    it("fields of the wrong type", async () => {
      for (const body of [
        '{"model":5,"messages":[{"role":"user","content":"Hi"}]}',
        '{"model":"small","messages":"Hi"}',
        '{"model":"small","messages":[{"role":"user","content":5}]}',
        '{"model":"small","stream":"yes","messages":[{"role":"user","content":"Hi"}]}',
      ])
        refused(await town.daemon.ask({ path, body }), 400, "bad_request");
    });

    it("bytes that are no UTF-8", async () => {
      const body = Buffer.from(good);
      body[body.indexOf("Hi")] = 0xff;
      refused(await town.daemon.ask({ path, body }), 400, "bad_request");
    });

    it("JSON nested a hundred thousand deep", async () => {
      const deep = `{"model":"small","messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
      refused(await town.daemon.ask({ path, body: deep }), 400, "bad_request");
    });

    it("no token, or a wrong one", async () => {
      for (const headers of [
        {},
        { authorization: "Bearer wrong" },
        { authorization: "Basic abc" },
        { "x-api-key": "wrong" },
      ])
        refused(await ask(town.daemon.http, { path, body: good, headers }), 401, "unauthorized");
      for (const other of ["/v1/models", "/admin/traces", "/admin/stats", "/metrics"])
        refused(await ask(town.daemon.http, { path: other }), 401, "unauthorized");
    });

    it("a foreign Host, as DNS rebinding sends it", async () => {
      for (const host of [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        `localhost.evil:${new URL(town.daemon.http).port}`,
      ])
        refused(await town.daemon.ask({ path, body: good, headers: { host } }), 403, "forbidden_host");
    });

    it("a foreign Origin, as a web page sends it", async () => {
      for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
        refused(await town.daemon.ask({ path, body: good, headers: { origin } }), 403, "forbidden_origin");
    });

    it("a body of 50 MB, whether its length is told or not", async () => {
      const body = Buffer.alloc(50_000_000, "x");
      refused(await town.daemon.ask({ path, body }), 413, "too_large");
      refused(await town.daemon.ask({ path, body, chunked: true }), 413, "too_large");
    });
  });

  it("the token is taken as x-api-key too, and loopback's names as Host", async () => {
    const { port } = new URL(town.daemon.http);
    assert.equal(
      (await ask(town.daemon.http, { path: "/v1/models", headers: { "x-api-key": town.daemon.token } })).status,
      200,
    );
    const beside = { authorization: "Bearer another", "x-api-key": town.daemon.token };
    assert.equal((await ask(town.daemon.http, { path: "/v1/models", headers: beside })).status, 200);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      assert.equal((await town.daemon.ask({ path: "/v1/models", headers: { host } })).status, 200, host);
  });

  it("an unknown path or method", async () => {
    const missing = await town.daemon.ask({ path: "/v1/nothing" });
    assert.equal(missing.status, 404);
    assert.equal(typeof missing.json.error.message, "string");
    assert.ok([404, 405].includes((await town.daemon.ask({ path, method: "DELETE" })).status));
    assert.match((await town.daemon.ask({ path: "/v1/messages", body: good })).json.error.message, /later version/);
  });

  it("health is told without a token, by GET and HEAD", async () => {
    for (const method of ["GET", "HEAD"])
      assert.equal((await ask(town.daemon.http, { path: "/health", method })).status, 200, method);
  });

  it("bytes that are no HTTP", async () => {
    const { port } = new URL(town.daemon.http);
    const said = (bytes: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () => socket.write(bytes));
        let text = "";
        socket.on("data", (d) => {
          text += d;
        });
        socket.on("error", () => {});
        socket.on("close", () => resolve(text));
      });
    assert.match(await said("\x16\x03\x01 garbage\r\n\r\n"), /^HTTP\/1\.1 400[\s\S]*"code":"bad_request"/);
    const large = await said(`GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`);
    assert.match(large, /^HTTP\/1\.1 431[\s\S]*16 KiB/);
  });

  it("an upstream's own 4xx keeps its status and its words", async () => {
    for (const status of [400, 401, 404, 429]) {
      town.gpu.script = () => ({
        status,
        body: '{"error":{"message":"the cloud says no","type":"invalid_request_error"}}',
        headers: status === 429 ? { "retry-after": "7" } : {},
      });
      const reply = await town.daemon.chat({ model: "small" });
      refused(reply, status, "upstream_error");
      assert.match(reply.json.error.message, /the cloud says no/);
      if (status === 429) assert.equal(reply.headers["retry-after"], "7");
      const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.equal(trace.status, "error");
      assert.equal(trace.attempts[0]?.outcome, "failed");
    }
  });

  for (const stream of [false, true]) {
    const what = stream ? "a stream" : "a whole answer";
    it(`an upstream's 5xx, garbage, reset or refusal is a 502, for ${what}`, async () => {
      const ways = [
        { status: 500, body: "oops" },
        { status: 503, body: '{"error":{"message":"overloaded"}}' },
        { body: "<html>not JSON</html>", headers: { "content-type": "text/html" } },
        { body: '{"error":{"message":"a success that holds an error"}}' },
        { reset: "accept" as const },
        { reset: "headers" as const },
      ];
      for (const way of ways) {
        town.gpu.script = () => way;
        const reply = await town.daemon.chat({ model: "small", stream });
        refused(reply, 502, "upstream_error");
        assert.equal(
          (await town.daemon.ended(String(reply.headers["x-switchyard-trace"]))).error?.code,
          "upstream_error",
        );
      }
    });
  }

  it("a first token that doesn't come in time is a 504", async () => {
    for (const stall of ["accept", "headers"] as const) {
      town.gpu.script = () => ({ stall });
      const reply = await town.daemon.chat({ model: "small", stream: true });
      refused(reply, 504, "upstream_timeout");
      await town.gpu.until("the close", () => town.gpu.inFlight === 0);
    }
  });

  it("a whole answer obeys the total time alone", async () => {
    town.gpu.script = () => ({ ttftMs: 400 }); // longer than to a first token, shorter than in total
    assert.equal((await town.daemon.chat({ model: "small" })).status, 200);
    town.gpu.script = () => ({ stall: "accept" });
    refused(await town.daemon.chat({ model: "small" }), 504, "upstream_timeout");
    await town.gpu.untilIdle();
  });

  for (const [what, way, code] of [
    ["breaks off", { reset: "middle" }, "upstream_error"],
    ["goes silent", { stall: "middle" }, "upstream_timeout"],
    ["ends inside an event", { end: "half" }, "upstream_error"],
    ["sends an error event", { end: "error" }, "upstream_error"],
  ] as const) {
    it(`a stream that ${what} after its first content ends with an error event and no [DONE]`, async () => {
      town.gpu.script = () => way;
      const reply = await town.daemon.chat({ model: "small", stream: true });
      assert.equal(reply.status, 200);
      const events = dataOf(reply.text);
      assert.ok(!events.includes("[DONE]"), reply.text);
      assert.equal(JSON.parse(events.at(-1)!).error?.code, code, reply.text);
      assert.ok(events.length > 1);
      const trace = await town.daemon.ended(String(reply.headers["x-switchyard-trace"]));
      assert.equal(trace.status, "error");
      assert.equal(trace.error?.code, code);
      assert.equal(trace.attempts.length, 1);
      assert.equal(trace.attempts[0]?.outcome, "failed");
      assert.ok((trace.usage?.output ?? 0) > 0, "what was delivered is counted");
    });
  }

  it("a whole answer that breaks off in its body is an error, and none of it is passed on", async () => {
    town.gpu.script = () => ({ reset: "middle" });
    refused(await town.daemon.chat({ model: "small" }), 502, "upstream_error");
  });
});
