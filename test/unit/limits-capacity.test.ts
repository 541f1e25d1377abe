import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { askPlaces, Capacities, type CapacitiesDeps, type Places } from "../../server/io/limits/capacity.ts";
import { HeldClock } from "../support/facts.ts";

const minutes = 60_000;

describe("what providers can do at once", () => {
  const open: Server[] = [];
  async function serve(listener: RequestListener): Promise<{ readonly base: URL; readonly asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      listener(request, response);
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`), asked };
  }
  /** A llama-server with so many slots, as its paths answer. */
  const answering =
    (answers: Record<string, unknown>): RequestListener =>
    (request, response) => {
      const answer = answers[request.url ?? ""];
      if (answer === undefined) response.writeHead(404).end("{}");
      else response.end(JSON.stringify(answer));
    };
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  describe("asking a server", () => {
    const places = (base: URL) => askPlaces(base, AbortSignal.timeout(2000));

    it("reads how many slots llama-server has, in one request", async () => {
      const { base, asked } = await serve(answering({ "/props": { total_slots: 4, chat_template: "é" } }));
      assert.equal(await places(base), 4);
      assert.equal(await places(new URL(`${base}/`)), 4);
      assert.deepEqual(asked, ["/props", "/props"]);
    });

    it("counts the slots where it doesn't say", async () => {
      const absent = await serve(answering({ "/slots": [{ id: 0 }, { id: 1 }] }));
      assert.equal(await places(absent.base), 2);
      const silent = await serve(answering({ "/props": {}, "/slots": [{ id: 0 }] }));
      assert.equal(await places(silent.base), 1);
      assert.deepEqual(silent.asked, ["/props", "/slots"]);
    });

    it("keeps what comes before /v1", async () => {
      const { base } = await serve(answering({ "/llama/props": { total_slots: 3 } }));
      assert.equal(await places(new URL("/llama/v1", base)), 3);
    });

    it("learns nothing from what says nothing, nonsense or too much, or isn't there", async () => {
      const others: RequestListener[] = [
        answering({}),
        answering({ "/props": { total_slots: "4" }, "/slots": {} }),
        answering({ "/props": { total_slots: 0 }, "/slots": [] }),
        answering({ "/props": null, "/slots": null }),
        (_, response) => response.end("<html>"),
        (_, response) => response.writeHead(401).end(JSON.stringify({ total_slots: 4 })),
        (_, response) => response.writeHead(302, { location: "/props" }).end(),
        (_, response) => response.end(JSON.stringify({ total_slots: 4, chat_template: "x".repeat(1_100_000) })),
        (_, response) => void response.socket?.destroy(),
      ];
      for (const other of others) assert.equal(await places((await serve(other)).base), null);
      const { base } = await serve(answering({}));
      await new Promise((resolve) => open.pop()?.close(resolve));
      assert.equal(await places(base), null);
    });

    it("ends with its signal", async () => {
      const { base, asked } = await serve(() => {});
      assert.equal(await askPlaces(base, AbortSignal.timeout(30)), null);
      assert.deepEqual(asked, ["/props"]);
    });

    it("asks over plain HTTP only", async () => {
      assert.equal(await places(new URL("https://127.0.0.1:1/v1")), null);
    });
  });

  describe("a provider", () => {
    let clock: HeldClock;
    let configured: ReturnType<CapacitiesDeps["configured"]>;
    let fallback: number;
    let capacities: Capacities;
    beforeEach(() => {
      clock = new HeldClock();
      configured = { max: null, waiting: null, ask: null };
      fallback = 512;
      capacities = new Capacities({ configured: () => configured, fallback: () => fallback, ask: askPlaces, clock });
    });
    const now = (running: number): Places => {
      const found = capacities.of("gpu", running);
      assert.ok(!(found instanceof Promise), "it is asked");
      return found;
    };
    const later = (running: number): Promise<Places> => {
      const found = capacities.of("gpu", running);
      assert.ok(found instanceof Promise, "it isn't asked");
      return found;
    };
    const server = async (slots: number) => {
      const there = await serve(answering({ "/props": { total_slots: slots } }));
      configured = { ...configured, ask: there.base };
      return there;
    };

    it("does as many as are configured, and is not asked", async () => {
      const { asked } = await server(4);
      configured = { ...configured, max: 2, waiting: 7 };
      assert.deepEqual(now(5), { running: 2, waiting: 7 });
      assert.deepEqual(asked, []);
    });

    it("does as many as the fallback says where it can't be asked", () => {
      assert.deepEqual(now(5), { running: 512, waiting: 512 });
      fallback = 8;
      assert.deepEqual(now(5), { running: 8, waiting: 8 });
    });

    it("is asked at the second call, once, and the answer holds", async () => {
      const { asked } = await server(4);
      assert.deepEqual(now(0), { running: 512, waiting: 512 });
      assert.deepEqual(asked, []);
      const [one, two] = [later(1), later(1)];
      assert.deepEqual(now(0), { running: 512, waiting: 512 });
      assert.deepEqual(await Promise.all([one, two]), Array(2).fill({ running: 4, waiting: 512 }));
      clock.pass(9 * minutes);
      assert.deepEqual(now(3), { running: 4, waiting: 512 });
      assert.deepEqual(now(0), { running: 4, waiting: 512 });
      assert.deepEqual(asked, ["/props"]);
    });

    it("holds nobody up for long when it is silent, and does what the fallback says", async () => {
      const { base, asked } = await serve(() => {});
      configured = { ...configured, ask: base };
      const before = performance.now();
      assert.deepEqual(await later(1), { running: 512, waiting: 512 });
      assert.ok(performance.now() - before < 1000);
      assert.deepEqual(now(0), { running: 512, waiting: 512 });
      assert.deepEqual(asked, ["/props"]);
    });

    it("is asked again after ten minutes, and nobody waits for that", async () => {
      let slots = 4;
      const { base, asked } = await serve((_, response) => response.end(JSON.stringify({ total_slots: slots })));
      configured = { ...configured, ask: base };
      await later(1);
      slots = 6;
      clock.pass(10 * minutes);
      assert.equal(now(0).running, 4);
      assert.equal(now(1).running, 4);
      while (now(1).running === 4) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(now(1).running, 6);
      assert.equal(asked.length, 2);
    });

    it("goes on doing what it said when it is too busy to say it again", async () => {
      await server(4);
      await later(1);
      await new Promise((resolve) => {
        open[0]?.closeAllConnections();
        open[0]?.close(resolve);
      });
      clock.pass(10 * minutes);
      assert.equal(now(1).running, 4);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(now(1).running, 4);
    });

    it("is another one at another address", async () => {
      const first = await server(4);
      await later(1);
      configured = { ...configured, ask: new URL(first.base) };
      assert.equal(now(1).running, 4);
      await server(2);
      assert.equal((await later(1)).running, 2);
      configured = { ...configured, ask: null };
      assert.equal(now(1).running, 512);
    });

    it("does what is configured meanwhile, whatever it answers", async () => {
      await server(4);
      const asked = later(1);
      configured = { ...configured, max: 3 };
      assert.deepEqual(await asked, { running: 3, waiting: 512 });
    });

    it("is forgotten when there are too many, and asked again", async () => {
      let asked = 0;
      const base = new URL("http://127.0.0.1/v1");
      const deps = { configured: () => ({ max: null, waiting: null, ask: base }), fallback: () => 512, clock };
      const many = new Capacities({ ...deps, ask: async () => ++asked });
      for (let i = 0; i < 300; i++) await many.of(`p${i}`, 1);
      assert.equal((await many.of("p299", 1)).running, 300);
      assert.equal((await many.of("p0", 1)).running, 301);
    });
  });
});
