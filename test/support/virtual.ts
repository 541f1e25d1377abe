import assert from "node:assert/strict";
import { setImmediate as immediate } from "node:timers/promises";
import type { Call } from "../../server/domain/event.ts";
import type { Ended, Fact, Settled } from "../../server/domain/fact.ts";
import type { Health } from "../../server/domain/health.ts";
import type { Lease, Limit } from "../../server/domain/limit.ts";
import type { Alike, Answer } from "../../server/domain/memory.ts";
import type { Model, ModelId } from "../../server/domain/model.ts";
import { firstModel, type Plan } from "../../server/domain/plan.ts";
import type { Request } from "../../server/domain/request.ts";
import { foldFact, startTrace } from "../../server/domain/trace.ts";
import { answering } from "../../server/gateway/answer.ts";
import { type AttemptDeps, attempt } from "../../server/gateway/attempt.ts";
import { AskingJudge } from "../../server/gateway/judge.ts";
import { Recall } from "../../server/gateway/recall.ts";
import { executor } from "../../server/gateway/run/run.ts";
import { Slots } from "../../server/io/limits/slots.ts";
import { Scope } from "../../server/kit/scope.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import { type Trace, traceSchema } from "../../server/protocol/trace.ts";
import { HeldClock } from "./facts.ts";
import { read } from "./reading.ts";
import "./rejections.ts";
import { Calls, type Script } from "./virtual-calls.ts";
import { Client } from "./virtual-client.ts";

const model = (id: string, dollars: number, more: Partial<Model> = {}): Model => ({
  id,
  provider: `at-${id}`,
  name: id,
  tier: "standard",
  locality: "cloud",
  contextWindow: null,
  maxOutput: null,
  abilities: new Set(["chat"]),
  prices: { input: dollars, cachedInput: dollars, cacheWrite: dollars, output: dollars, reasoning: dollars },
  equals: [],
  ...more,
});

/** Two that answer alike, a stronger one, and a judge. */
export const models: readonly Model[] = [
  model("small", 1, { tier: "local", locality: "local", equals: ["twin"] }),
  model("twin", 2, { tier: "local", equals: ["small"] }),
  model("large", 10, { tier: "premium" }),
  model("judge", 1, { locality: "local" }),
];

export const timeouts = {
  connectMs: 1_000,
  firstTokenMs: 3_000,
  betweenTokensMs: 2_000,
  totalMs: 20_000,
  firstTokenSaid: true,
};

/** What has been told, and the traces that it makes. */
export class Told {
  readonly facts: Fact[] = [];
  readonly #traces = new Map<string, Trace>();

  readonly append = (fact: Fact): void => {
    this.facts.push(fact);
    if (fact.type === "started") {
      assert.ok(!this.#traces.has(fact.id), `${fact.id} began twice`);
      this.#traces.set(fact.id, startTrace(fact));
    } else foldFact(this.#traces.get(fact.id)!, fact);
  };
  trace(id: string): Trace {
    return traceSchema.parse(this.#traces.get(id));
  }
  of(id: string): Fact[] {
    return this.facts.filter((f) => f.id === id);
  }
  settled(id: string): Settled[] {
    return this.of(id).filter((f) => f.type === "settled");
  }
  ended(id: string): Ended[] {
    return this.of(id).filter((f) => f.type === "ended");
  }
}

export interface WorldOptions {
  /** How models answer by themselves. */
  readonly script?: (call: Call) => Script | null;
  /** Calls that each provider runs at once, others waiting; absent: any number. */
  readonly places?: number;
  readonly limits?: readonly Limit[];
  /** Milliseconds that a whole request may take. */
  readonly deadlineMs?: number;
}

export interface Asked {
  readonly question?: string;
  readonly stream?: boolean;
  /** 0: others may be given the same answer. Absent: chance has a part in it. */
  readonly temperature?: number;
  readonly client?: string;
  /** Events that the client reads before it pauses; absent: all. */
  readonly reads?: number;
}

/** All of a gateway between its surfaces and its providers, in time that a test moves. */
export class World {
  readonly clock = new HeldClock();
  readonly calls = new Calls(this.clock);
  readonly told = new Told();
  readonly clients: Client[] = [];
  readonly plans = new Map<string, Plan>();
  readonly warmed: ModelId[] = [];
  readonly recall: Recall;
  readonly kept = new Map<string, Answer>();
  /** Finds nothing, unless a test has it find. */
  readonly alike: Alike = { search: (question) => this.recollect(question, null), keep: () => {} };
  recollect: Alike["search"] = () => null;
  /** Leases given, and how often each was given back. */
  readonly leases: number[] = [];
  /** Attempts watched, and how often each settled. */
  readonly watched: number[] = [];
  readonly deadlineMs: number;
  readonly #slots: Slots;
  readonly #serve;

  constructor({ script, places, limits = [], deadlineMs = timeouts.totalMs }: WorldOptions = {}) {
    if (script) this.calls.script = script;
    this.deadlineMs = deadlineMs;
    this.#slots = new Slots({ capacity: () => ({ running: places ?? 0, waiting: 100 }), clock: this.clock });
    const byId = new Map(models.map((m) => [m.id, m]));
    const door: AttemptDeps = {
      clock: this.clock,
      append: this.told.append,
      model: (id) => byId.get(id),
      baseline: () => byId.get("large")!,
      provider: () => ({ provider: this.calls, timeouts }),
      limits: [...limits, ...(places === undefined ? [] : [this.#slots])].map((l) => this.#counted(l)),
      health: this.#health,
    };
    const run = executor({
      attempt: (running, id, role, scope) => attempt(door, running, id, role, scope),
      judge: new AskingJudge(this.clock, door.model),
      alike: this.alike,
      warm: (id) => this.warmed.push(id),
      crowded: (id) => places !== undefined && this.#slots.full(byId.get(id)!.provider),
    });
    const routing = routingSchema.parse({ primary: "small", escalation: "large", judge: "judge" });
    const snapshot = snapshotOf({
      models,
      routing,
      ahead: { speculation: undefined, hedge: undefined },
      latency: new Map(),
      broken: new Map(),
    });
    this.recall = new Recall({
      memory: { find: (key) => this.kept.get(key) ?? null, keep: (answer) => this.kept.set(answer.key, answer) },
      clock: this.clock,
      alike: this.alike,
      typed: { find: () => null, keep: () => {} },
      options: () => ({ exact: { anyTemperature: false }, semantic: {} }),
      policy: () => "",
    });
    this.#serve = answering({
      snapshot: () => snapshot,
      read,
      conversations: { last: () => null, answered: () => {} },
      recall: this.recall,
      embeddings: { of: () => null },
      model: door.model,
      baseline: () => null,
      append: this.told.append,
      // Any plan can be tried like this, not only those that routing makes today.
      run: (_plan, running, scope, role) => run(this.plans.get(running.request.id)!, running, scope, role),
      totalMs: () => deadlineMs,
      storeText: () => false,
    });
  }

  send(
    plan: Plan,
    { question = "Why?", stream = true, temperature, client: who, reads = Number.POSITIVE_INFINITY }: Asked = {},
  ): Client {
    const request: Request = {
      id: `r${this.clients.length}`,
      kind: "chat",
      stream,
      origin: {
        surface: "http",
        wire: "openai.chat",
        client: who ?? `c${this.clients.length}`,
        workspace: null,
        session: null,
        atMs: this.clock.wall(),
      },
      wishes: {
        model: firstModel(plan),
        sampling: temperature === undefined ? {} : { temperature },
        needs: [],
      },
      egress: { verdict: "anywhere", rule: "default" },
      prompt: { kind: "chat", messages: [{ role: "user", content: question }], tools: [] },
    };
    this.plans.set(request.id, plan);
    const scope = Scope.root(this.clock);
    const listening = listenersOf(scope);
    const client = new Client(request.id, this.#serve(request, scope), scope, this.clock, listening, reads);
    this.clients.push(client);
    return client;
  }

  /** How many calls wait for a place. */
  waiting(): number {
    return this.#slots.load().reduce((sum, l) => sum + l.waiting, 0);
  }

  /** Lets everything happen that can happen without time. */
  turn(): Promise<void> {
    return immediate();
  }

  /** Lets time pass; what rings is done with before more time passes. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.turn();
    while (this.clock.dueMs <= end) {
      this.clock.pass(Math.max(0, this.clock.dueMs - this.clock.now()));
      await this.turn();
    }
    this.clock.pass(end - this.clock.now());
  }

  /** What became of a request's attempts. */
  outcomes(client: Client): readonly (readonly [string, string, string | null])[] {
    return this.told.trace(client.id).attempts.map((a) => [a.model, a.role, a.outcome] as const);
  }

  readonly #health: Health = {
    began: () => {
      const n = this.watched.push(0) - 1;
      return {
        first: () => {},
        settled: () => {
          this.watched[n]!++;
        },
      };
    },
  };

  #counted(limit: Limit): Limit {
    const count = <T>(taken: T | Lease): T | Lease => {
      if (taken === null || typeof taken !== "object" || !("settle" in taken)) return taken;
      const n = this.leases.push(0) - 1;
      return {
        settle: (nanos) => {
          this.leases[n]!++;
          taken.settle(nanos);
        },
      };
    };
    return {
      take: (call, scope) => {
        const taken = limit.take(call, scope);
        return taken instanceof Promise ? taken.then(count) : count(taken);
      },
    };
  }
}

/** Counts who waits for a scope's end. */
function listenersOf(scope: Scope): () => number {
  const all = new Set<(why: string) => void>();
  const { onEnd, offEnd } = scope;
  scope.onEnd = (f) => {
    all.add(f);
    onEnd.call(scope, f);
  };
  scope.offEnd = (f) => {
    all.delete(f);
    offEnd.call(scope, f);
  };
  return () => all.size;
}
