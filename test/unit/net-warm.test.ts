import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";
import type { Dispatcher } from "undici";
import { Net, type Origin, originOf } from "../../server/io/net/net.ts";
import { selfSigned } from "../support/certificate.ts";

const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** Waits until it holds, and fails when it doesn't within two seconds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 400, `never: ${what}`);
    await pause(5);
  }
}

/** A server that writes down what happens to it: `open 1`, `request 1`, `close 1`, by connection. */
interface Town {
  readonly log: string[];
  readonly sockets: Socket[];
  /** Of HTTP, in requests. */
  readonly versions: Set<string>;
  readonly origin: Origin;
}

describe("a connection opened before its request", () => {
  const certificate = selfSigned();
  const trusted = tls.getCACertificates("default");
  const ends: (() => unknown)[] = [];
  let offline = false;

  before(() => tls.setDefaultCACertificates([...trusted, certificate.cert]));
  after(() => tls.setDefaultCACertificates(trusted));
  afterEach(async () => {
    offline = false;
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function listen(server: net.Server, secure: boolean, connectMs = 5000, delayMs = 0): Promise<Town> {
    const log: string[] = [];
    const sockets: Socket[] = [];
    const versions = new Set<string>();
    server.on(secure ? "secureConnection" : "connection", (socket: Socket) => {
      const n = sockets.push(socket);
      log.push(`open ${n}`);
      socket.on("close", () => log.push(`close ${n}`)).on("error", () => {});
    });
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      log.push(`request ${1 + sockets.findIndex((s) => s.remotePort === request.socket.remotePort)}`);
      versions.add(request.httpVersion);
      setTimeout(() => response.end("hello"), delayMs);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => {
      for (const s of sockets) s.destroy();
      server.close();
    });
    const url = new URL(`${secure ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    return { log, sockets, versions, origin: originOf(url, true, connectMs) };
  }
  const kinds: Record<string, () => Promise<Town>> = {
    http: () => listen(http.createServer(), false),
    // without ALPN at all, as the simplest servers are
    "https, HTTP/1.1": async () => {
      const inner = http.createServer();
      const outer = tls.createServer(certificate, (socket) => inner.emit("connection", socket));
      inner.on("request", (request, response) => outer.emit("request", request, response));
      return listen(outer, true);
    },
    "https, HTTP/2": () => listen(http2.createSecureServer({ ...certificate, allowHTTP1: true }), true),
  };

  function make(spareMs?: number): Net {
    const made = new Net({ env: {}, offline: () => offline, ...(spareMs ? { spareMs } : {}) });
    ends.push(() => made.close());
    return made;
  }

  const ask = async (n: Net, origin: Origin): Promise<string> => send(await n.dispatcher(origin), origin);
  function send(dispatcher: Dispatcher, origin: Origin): Promise<string> {
    return new Promise((resolve, reject) => {
      let body = "";
      dispatcher.dispatch(
        { origin: origin.name, path: "/v1/models", method: "POST", body: "{}" },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData(_c, chunk) {
            body += String(chunk);
          },
          onResponseEnd: () => setTimeout(resolve, 5, body), // undici frees a connection a turn later
          onResponseError: (_c, error) => reject(error),
        },
      );
    });
  }

  for (const [kind, start] of Object.entries(kinds)) {
    describe(`over ${kind}`, () => {
      it("serves the next request, and is the only one", async () => {
        const { log, origin, versions } = await start();
        const n = make();
        n.warm(origin);
        await until(() => log.length > 0, "the connection");
        await pause(30); // HTTP/2's settings have come and lie there
        assert.deepEqual(log, ["open 1"]);
        assert.equal(await ask(n, origin), "hello");
        assert.equal(await ask(n, origin), "hello");
        assert.deepEqual(log, ["open 1", "request 1", "request 1"]);
        assert.deepEqual([...versions], [kind.endsWith("2") ? "2.0" : "1.1"]);
      });

      it("serves a request that comes while it is being opened", async () => {
        const { log, origin } = await start();
        const n = make();
        await n.dispatcher(origin);
        n.warm(origin);
        assert.equal(await ask(n, origin), "hello");
        assert.deepEqual(log, ["open 1", "request 1"]);
      });

      it("serves a request that comes at the same time, before there is a pool", async () => {
        const { log, origin } = await start();
        const n = make();
        n.warm(origin);
        assert.equal(await ask(n, origin), "hello");
        assert.deepEqual(log, ["open 1", "request 1"]);
      });

      it("serves one of the requests that come together", async () => {
        const { log, origin } = await start();
        const n = make();
        n.warm(origin);
        await until(() => log.length > 0, "the connection");
        assert.deepEqual(await Promise.all([ask(n, origin), ask(n, origin)]), ["hello", "hello"]);
        assert.ok(log.includes("request 1"));
        assert.ok(!log.includes("open 3"));
      });

      it("is one, however often it is asked for, and none when an idle one is there", async () => {
        const { log, origin } = await start();
        const n = make();
        for (let i = 0; i < 3; i++) n.warm(origin);
        await until(() => log.length > 0, "the connection");
        n.warm(origin);
        await pause(30);
        assert.equal(await ask(n, origin), "hello");
        n.warm(origin);
        await pause(30);
        assert.deepEqual(log, ["open 1", "request 1"]);
      });

      it("takes the place of one that the upstream has closed", async () => {
        const { log, origin, sockets } = await start();
        const n = make();
        assert.equal(await ask(n, origin), "hello");
        sockets[0]!.end();
        await until(() => log.includes("close 1"), "its end");
        await pause(10);
        n.warm(origin);
        await until(() => log.includes("open 2"), "the connection");
        assert.equal(await ask(n, origin), "hello");
        assert.deepEqual(log, ["open 1", "request 1", "close 1", "open 2", "request 2"]);
      });

      it("is closed in time when nobody uses it", async () => {
        const { log, origin } = await start();
        const n = make(80);
        n.warm(origin);
        await until(() => log.length > 0, "the connection");
        await until(() => log.includes("close 1"), "its end");
        assert.equal(await ask(n, origin), "hello");
        assert.deepEqual(log, ["open 1", "close 1", "open 2", "request 2"]);
      });

      it("is closed with everything else", async () => {
        const { log, origin } = await start();
        const n = make();
        n.warm(origin);
        await until(() => log.length > 0, "the connection");
        await n.close();
        await until(() => log.includes("close 1"), "its end");
        n.warm(origin);
        await pause(30);
        assert.deepEqual(log, ["open 1", "close 1"]);
      });

      for (const how of ["end", "destroy"] as const)
        it(`isn't used when the upstream closed it (${how})`, async () => {
          const { log, origin, sockets } = await start();
          const n = make();
          n.warm(origin);
          await until(() => log.length > 0, "the connection");
          await pause(30);
          sockets[0]![how]();
          await until(() => log.includes("close 1"), "its end");
          assert.equal(await ask(n, origin), "hello");
          assert.deepEqual(log, ["open 1", "close 1", "open 2", "request 2"]);
        });
    });
  }

  it("isn't opened when everything is offline", async () => {
    const { log, origin } = await listen(http.createServer(), false);
    // this machine by a name that isn't known to be its own, so that an attempt would be seen
    const away = originOf(new URL(origin.name.replace("127.0.0.1", "0.0.0.0")), false, 1000);
    const n = make();
    offline = true;
    n.warm(away);
    await pause(50);
    offline = false;
    n.warm(away);
    offline = true; // the switch is turned while the pool is made
    await pause(50);
    n.warm(away);
    await pause(50);
    assert.deepEqual(log, []);
    offline = false;
    n.warm(away);
    if (process.platform === "win32") return; // which has no such name
    await until(() => log.length > 0, "the connection");
  });

  it("isn't used when the upstream has sent its end after its settings, or said something over HTTP/1.1", async () => {
    const closing = await listen(
      tls.createServer({ ...certificate, ALPNProtocols: ["h2"] }, (s) => {
        s.write(Buffer.from("000000040000000000", "hex")); // empty settings
        s.end();
      }),
      true,
    );
    const talking = await listen(
      net.createServer((s) => void s.write("HTTP/1.1 408 Request Timeout\r\n\r\n")),
      false,
    );
    const n = make();
    for (const { log, origin } of [closing, talking]) {
      n.warm(origin);
      await until(() => log.includes("close 1"), "its end");
      n.warm(origin);
      await until(() => log.includes("open 2"), "another");
    }
  });

  it("leaves a request alone when it comes to nothing, and the request's time to connect as it is", async () => {
    const connectMs = 2000;
    const { sockets, origin } = await listen(net.createServer(), false, connectMs); // never answers TLS's hello
    const secure = originOf(new URL(origin.name.replace("http:", "https:")), true, connectMs);
    const n = make();
    n.warm(secure);
    await until(() => sockets.length === 1, "the connection");
    await pause(100);
    const since = performance.now();
    const asked = ask(n, secure);
    await pause(1500);
    sockets[0]!.destroy();
    await until(() => sockets.length === 2, "the request's own");
    await assert.rejects(asked, { code: "UND_ERR_CONNECT_TIMEOUT" });
    const ms = performance.now() - since;
    assert.ok(ms > connectMs - 600 && ms < connectMs + 1100, `${ms}`); // undici's timer is good to a second
  });

  it("is not opened behind a proxy", async () => {
    const { log, origin } = await listen(http.createServer(), false);
    const behind = new Net({ env: { http_proxy: origin.name }, offline: () => false });
    ends.push(() => behind.close());
    behind.warm(originOf(new URL("http://upstream.invalid/v1"), false, 1000));
    await pause(50);
    assert.deepEqual(log, []);
  });

  it("says nothing when nobody listens or the name is unknown", async () => {
    const gone = net.createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    const n = make();
    const refused = originOf(new URL(`http://127.0.0.1:${port}`), true, 1000);
    n.warm(refused);
    n.warm(originOf(new URL("https://nobody.invalid"), true, 1000));
    await pause(50);
    await assert.rejects(ask(n, refused), { code: "ECONNREFUSED" });
  });

  it("doesn't keep the process alive, but the request that takes it does", async () => {
    const { log, origin } = await listen(http.createServer(), false, 5000, 300);
    const module = new URL("../../server/io/net/net.ts", import.meta.url).href;
    const code = (then: string): string => `
      const { Net, originOf } = await import(${JSON.stringify(module)});
      const net = new Net({ env: {}, offline: () => false, spareMs: 60_000 });
      const origin = originOf(new URL(${JSON.stringify(origin.name)}), true, 5000);
      net.warm(origin);
      setTimeout(() => {${then}}, 200);`;
    const run = async (then: string): Promise<unknown> => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", code(then)], { stdio: "inherit" });
      ends.push(() => child.kill());
      return (await once(child, "exit"))[0];
    };
    assert.equal(await run(""), 0);
    assert.equal(log[0], "open 1");
    const answered = await run(`
      net.open(origin).dispatch({ origin: origin.name, path: "/", method: "GET" },
        { onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd: () => process.exit(7), onResponseError() {} });`);
    assert.equal(answered, 7);
    assert.deepEqual(log.slice(-3, -1), ["open 2", "request 2"]);
  });
});
