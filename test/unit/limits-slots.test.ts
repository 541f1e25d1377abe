import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import type { Call } from "../../server/domain/event.ts";
import { type Fault, stopping } from "../../server/domain/fault.ts";
import type { Lease } from "../../server/domain/limit.ts";
import type { Request } from "../../server/domain/request.ts";
import type { Places } from "../../server/io/limits/capacity.ts";
import { Slots } from "../../server/io/limits/slots.ts";
import { Scope } from "../../server/kit/scope.ts";
import { HeldClock } from "../support/facts.ts";

interface Asked {
  readonly client?: string;
  readonly workspace?: string | null;
  readonly session?: string | null;
  readonly kind?: Request["kind"];
  readonly surface?: Request["origin"]["surface"];
  readonly stream?: boolean;
  readonly priority?: "interactive" | "batch";
  readonly role?: Call["role"];
  readonly provider?: string;
}
function call(asked: Asked = {}): Call {
  const { client = "c", workspace = null, session = null, kind = "chat", surface = "editor", stream = true } = asked;
  const { priority, role = "primary", provider = "gpu" } = asked;
  return {
    model: {
      id: "small",
      provider,
      name: "small",
      tier: "local",
      locality: "local",
      contextWindow: null,
      maxOutput: null,
      abilities: new Set(["chat"]),
      prices: null,
      equals: [],
    },
    request: {
      id: "r",
      kind,
      stream,
      origin: { surface, wire: "openai.chat", client, workspace, session, atMs: 0 },
      wishes: { model: "small", sampling: {}, needs: [], ...(priority ? { priority } : {}) },
      egress: { verdict: "anywhere", rule: "default" },
      prompt: { kind: "chat", messages: [], tools: [] },
    },
    role,
    attempt: 0,
    accept: null,
  };
}

const isLease = (answer: unknown): answer is Lease =>
  typeof answer === "object" && answer !== null && "settle" in answer;
function lease(answer: unknown): Lease {
  assert.ok(isLease(answer), `not a lease: ${JSON.stringify(answer)}`);
  return answer;
}
function fault(answer: unknown): Fault {
  assert.ok(typeof answer === "object" && answer !== null && "code" in answer, "not a fault");
  return answer as Fault;
}
function promised<T>(answer: T | Promise<T>): Promise<T> {
  assert.ok(answer instanceof Promise, "answered at once");
  return answer;
}

describe("places at a provider", () => {
  let clock: HeldClock;
  let places: Places;
  let slots: Slots;
  const scope = () => Scope.root(clock);
  const take = (asked: Asked = {}, s = scope()) => slots.take(call(asked), s);
  beforeEach(() => {
    clock = new HeldClock();
    places = { running: 1, waiting: 10 };
    slots = new Slots({ capacity: () => places, clock });
  });

  /** Lets calls wait behind one that runs; gives the order in which they get their turns. */
  async function order(asked: readonly (Asked & { readonly name: string })[]): Promise<string[]> {
    places = { running: 1, waiting: asked.length };
    let last = lease(take());
    const turns: string[] = [];
    const all = asked.map((a) =>
      promised(take(a)).then((answer) => {
        turns.push(a.name);
        last = lease(answer);
      }),
    );
    for (const _ of asked) {
      last.settle(null);
      await turn();
    }
    await Promise.all(all);
    last.settle(null);
    assert.deepEqual(slots.load(), []);
    return turns;
  }

  it("gives a free place at once", () => {
    places = { running: 2, waiting: 0 };
    lease(take());
    lease(take());
    assert.deepEqual(slots.load(), [{ provider: "gpu", running: 2, waiting: 0, capacity: 2 }]);
  });

  it("counts each provider by itself", () => {
    lease(take({ provider: "one" }));
    lease(take({ provider: "two" }));
    assert.deepEqual(
      slots.load().map((l) => [l.provider, l.running]),
      [
        ["one", 1],
        ["two", 1],
      ],
    );
  });

  it("hands a place on in the moment in which it is given back", async () => {
    const first = lease(take());
    const second = promised(take());
    first.settle(null);
    assert.deepEqual(slots.load(), [{ provider: "gpu", running: 1, waiting: 0, capacity: 1 }]);
    lease(await second).settle(null);
    assert.deepEqual(slots.load(), []);
  });

  it("takes a place back once, however often it is given back", async () => {
    const first = lease(take());
    const [second, third] = [promised(take()), promised(take())];
    first.settle(null);
    first.settle(null);
    const held = lease(await second);
    first.settle(null);
    assert.deepEqual(slots.load(), [{ provider: "gpu", running: 1, waiting: 1, capacity: 1 }]);
    held.settle(null);
    lease(await third);
  });

  it("refuses what finds the queue full, and says when to come again", () => {
    places = { running: 2, waiting: 1 };
    take();
    take();
    void take();
    const refused = fault(take());
    assert.equal(
      refused.message,
      "gpu runs 2 requests and 1 more wait, as many as may. Send the request again in 1 s, or ask a model of another provider.",
    );
    assert.deepEqual(
      [refused.code, refused.retry, refused.unsent, refused.afterMs],
      ["overloaded", "never", true, 1000],
    );
  });

  it("tells by the time that calls took when to come again, a minute at most", () => {
    places = { running: 2, waiting: 4 };
    const first = lease(take());
    take();
    clock.pass(6000);
    first.settle(null);
    take();
    for (let i = 0; i < 4; i++) void take();
    assert.equal(fault(take()).afterMs, 12_000); // four at two places, of 6 s each
    places = { running: 2, waiting: 100 };
    for (let i = 0; i < 96; i++) void take();
    assert.equal(fault(take()).afterMs, 60_000);
  });

  it("refuses whom its scope has left already", () => {
    const s = scope();
    s.end(stopping);
    assert.equal(fault(take({}, s)).code, "shutting_down");
    assert.deepEqual(slots.load(), []);
  });

  describe("what was begun early", () => {
    for (const role of ["speculative", "hedge"] as const) {
      it(`gets a free place as ${role}, and waits for none`, async () => {
        const first = lease(take({ role }));
        const refused = fault(take({ role }));
        assert.deepEqual([refused.code, refused.retry, refused.unsent], ["overloaded", "elsewhere", true]);
        assert.match(refused.message, /^gpu has no free place, and an? .* waits for none\.$/);
        const second = promised(take());
        first.settle(null);
        fault(take({ role }));
        lease(await second).settle(null);
        lease(take({ role }));
      });
    }
  });

  describe("the order of turns", () => {
    it("is a judge, completions, chat, batches", async () => {
      const turns = await order([
        { name: "batch", surface: "http", stream: false },
        { name: "asked as batch", kind: "completion", priority: "batch" },
        { name: "chat" },
        { name: "asked as interactive", surface: "http", stream: false, priority: "interactive" },
        { name: "streamed over HTTP", surface: "http" },
        { name: "fallback", role: "fallback" },
        { name: "completion", kind: "completion", surface: "http", stream: false },
        { name: "judge", role: "judge", surface: "http", stream: false },
      ]);
      assert.deepEqual(turns, [
        "judge",
        "completion",
        "chat",
        "asked as interactive",
        "streamed over HTTP",
        "fallback",
        "batch",
        "asked as batch",
      ]);
    });

    it("goes round between clients, workspaces and sessions, and by arrival within one", async () => {
      const turns = await order([
        { name: "a1", client: "a" },
        { name: "a2", client: "a" },
        { name: "a3", client: "a" },
        { name: "b1", client: "b" },
        { name: "b2", client: "b" },
        { name: "aw1", client: "a", workspace: "w" },
        { name: "as1", client: "a", session: "w" },
      ]);
      assert.deepEqual(turns, ["a1", "b1", "aw1", "as1", "a2", "b2", "a3"]);
    });

    it("lets one of those below in after eight of those above", async () => {
      const many = (n: number, name: string, asked: Asked) => Array.from({ length: n }, () => ({ name, ...asked }));
      const turns = await order([
        ...many(2, "batch", { priority: "batch" }),
        ...many(2, "chat", {}),
        ...many(20, "-", { kind: "completion" }),
      ]);
      assert.equal(turns.map((t) => t[0]).join(""), "--------cb--------cb----");
    });
  });

  describe("a scope's end", () => {
    it("takes a waiter out of the queue at once", async () => {
      const first = lease(take());
      const s = scope();
      const [second, third] = [promised(take({}, s)), promised(take())];
      s.end("the client left");
      assert.equal(slots.load()[0]?.waiting, 1);
      assert.equal(fault(await second).message, "Cancelled: the client left.");
      first.settle(null);
      lease(await third);
    });

    it("gives the place back that was given in the same moment", async () => {
      const first = lease(take());
      const s = scope();
      const [second, third] = [promised(take({}, s)), promised(take())];
      first.settle(null);
      s.end("the client left");
      assert.equal(fault(await second).code, "cancelled");
      assert.deepEqual(slots.load(), [{ provider: "gpu", running: 1, waiting: 0, capacity: 1 }]);
      lease(await third).settle(null);
      assert.deepEqual(slots.load(), []);
    });

    it("leaves a place to whoever has it", async () => {
      const first = lease(take());
      const s = scope();
      const second = promised(take({}, s));
      first.settle(null);
      const held = lease(await second);
      s.end();
      assert.equal(slots.load()[0]?.running, 1);
      held.settle(null);
      assert.deepEqual(slots.load(), []);
    });
  });

  describe("a capacity that changes", () => {
    it("lets waiters in when it has grown, before newcomers", async () => {
      take();
      const waiting = [promised(take({ priority: "batch" })), promised(take({ priority: "batch" }))];
      places = { running: 2, waiting: 10 };
      const newcomer = promised(take());
      assert.deepEqual(slots.load(), [{ provider: "gpu", running: 2, waiting: 2, capacity: 2 }]);
      lease(await waiting[0]);
      places = { running: 4, waiting: 10 };
      lease(await waiting[0]).settle(null);
      lease(await newcomer);
      lease(await waiting[1]);
    });

    it("waits until fewer run when it has shrunk", async () => {
      places = { running: 3, waiting: 10 };
      const held = [lease(take()), lease(take()), lease(take())];
      places = { running: 1, waiting: 10 };
      const next = promised(take());
      held[0]?.settle(null);
      held[1]?.settle(null);
      assert.equal(slots.load()[0]?.waiting, 1);
      held[2]?.settle(null);
      lease(await next);
    });
  });

  describe("a capacity that is being asked", () => {
    /** The first call finds a place; how many more there are is asked. */
    function asking() {
      const { promise, resolve, reject } = Promise.withResolvers<Places>();
      let known: Places | null = null;
      const answer = (p: Places) => {
        known = p;
        resolve(p);
      };
      slots = new Slots({
        capacity: (_, running) => known ?? (running === 0 ? { running: 8, waiting: 8 } : promise),
        clock,
      });
      return { answer, reject };
    }

    it("lets the first call run, and others when it is known, in the order of turns", async () => {
      const { answer } = asking();
      lease(take());
      const [chat, judge] = [promised(take()), promised(take({ role: "judge" }))];
      const early = promised(take({ role: "speculative" }));
      answer({ running: 2, waiting: 8 });
      assert.equal(fault(await early).retry, "elsewhere", "no place is left for it");
      lease(await judge).settle(null);
      lease(await chat);
    });

    it("lets one in while nothing runs", async () => {
      const { answer } = asking();
      const first = lease(take());
      const [second, third] = [promised(take()), promised(take())];
      first.settle(null);
      lease(await second);
      assert.equal(slots.load()[0]?.waiting, 1);
      answer({ running: 2, waiting: 8 });
      lease(await third);
    });

    it("lets a waiter leave", async () => {
      const { answer } = asking();
      lease(take());
      const s = scope();
      const second = promised(take({}, s));
      s.end();
      assert.equal(fault(await second).code, "cancelled");
      answer({ running: 2, waiting: 8 });
      await turn();
      assert.deepEqual(
        slots.load().map((l) => [l.running, l.waiting]),
        [[1, 0]],
      );
    });

    it("keeps nobody waiting for ever when the asking breaks", async () => {
      const { reject } = asking();
      lease(take());
      const second = promised(take());
      reject(new Error("broken"));
      lease(await second);
    });

    it("bounds those who wait for it", () => {
      asking();
      lease(take());
      const answers = Array.from({ length: 16 }, () => take());
      assert.equal(answers.filter((a) => a instanceof Promise).length, 15); // 7 may yet run, 8 may wait
      assert.equal(fault(answers[15]).code, "overloaded");
    });

    it("works where every look is a promise", async () => {
      slots = new Slots({ capacity: () => Promise.resolve({ running: 1, waiting: 2 }), clock });
      const [first, second] = [promised(take()), promised(take())];
      lease(await first).settle(null);
      lease(await second).settle(null);
      assert.deepEqual(slots.load(), []);
    });
  });

  it("holds its bounds and loses nothing, whatever happens in whatever order", async () => {
    const command = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("take" as const),
          client: fc.constantFrom("a", "b", "c"),
          kind: fc.constantFrom("chat" as const, "completion" as const),
          priority: fc.constantFrom("interactive" as const, "batch" as const),
          role: fc.constantFrom("primary" as const, "primary" as const, "judge" as const, "hedge" as const),
        }),
      },
      fc.record({ do: fc.constantFrom("settle" as const, "cancel" as const), at: fc.nat() }),
      fc.record({ do: fc.constant("turn" as const) }),
    );
    const limits = fc.record({ running: fc.integer({ min: 1, max: 4 }), waiting: fc.nat({ max: 6 }) });

    await fc.assert(
      fc.asyncProperty(limits, fc.array(command, { maxLength: 80 }), async (limit, commands) => {
        const slots = new Slots({ capacity: () => limit, clock });
        const waiting: Scope[] = []; // and those whose turn has come, but not been noticed
        const out: Lease[] = [];
        const turns = new Map<string, number[]>();
        const check = () => {
          assert.ok(out.length <= limit.running, "more leases are out than may be");
          for (const l of slots.load()) assert.ok(l.running <= limit.running && l.waiting <= limit.waiting);
        };
        const give = (back: Lease) => {
          out.splice(out.indexOf(back), 1);
          back.settle(null);
          back.settle(null);
        };

        for (const [i, c] of commands.entries()) {
          if (c.do === "take") {
            const s = Scope.root(clock);
            const answer = slots.take(call(c), s);
            if (answer instanceof Promise) {
              assert.notEqual(c.role, "hedge");
              waiting.push(s);
              const rank = c.role === "judge" ? "judge" : c.priority === "batch" ? "batch" : c.kind;
              const line = `${c.client} ${rank}`;
              void answer.then((a) => {
                waiting.splice(waiting.indexOf(s), 1);
                if (isLease(a)) {
                  out.push(a);
                  turns.set(line, [...(turns.get(line) ?? []), i]);
                } else assert.ok(s.ended);
                check();
              });
            } else if (isLease(answer)) out.push(answer);
            else assert.equal(answer.code, "overloaded");
          } else if (c.do === "settle") {
            const back = out[c.at % Math.max(1, out.length)];
            if (back) give(back);
          } else if (c.do === "cancel") waiting[c.at % Math.max(1, waiting.length)]?.end("test");
          else await turn();
          check();
        }
        for (;;) {
          await turn();
          const back = out[0];
          if (!back) break;
          give(back);
        }
        assert.deepEqual(waiting, [], "somebody was never answered");
        assert.deepEqual(slots.load(), [], "a place was lost");
        for (const line of turns.values())
          assert.deepEqual(
            line,
            line.toSorted((a, b) => a - b),
          );
      }),
      { numRuns: 500 },
    );
  });

  it("forgets providers that nobody uses", () => {
    for (let i = 0; i < 1000; i++) lease(take({ provider: `p${i}` })).settle(null);
    lease(take());
    assert.deepEqual(slots.load(), [{ provider: "gpu", running: 1, waiting: 0, capacity: 1 }]);
  });
});
