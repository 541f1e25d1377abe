import type { Fact } from "../../server/domain/fact.ts";
import { openLedger } from "../../server/io/ledger/ledger.ts";
import { chance } from "../../server/kit/chance.ts";
import { ledgerSchema } from "../../server/protocol/config.ts";
import type { Task, TraceFeatures } from "../../server/protocol/trace.ts";
import { factsOf, HeldClock, usage } from "./facts.ts";
import { features } from "./feedback.ts";

/** One request as it lies in the ledger. */
export interface Recorded {
  readonly id: string;
  readonly atMs: number;
  readonly model: string;
  readonly task?: Task;
  readonly client?: string;
  readonly session?: string;
  readonly features?: Partial<TraceFeatures> | null;
  /** Null: it failed before anything was answered. */
  readonly tokens?: { readonly input: number; readonly cachedInput?: number; readonly output: number } | null;
  /** Milliseconds from the attempt's start to its first token. */
  readonly ttftMs?: number;
  /** The judge chose. */
  readonly judged?: boolean;
}

const someFeatures: TraceFeatures = { ...features, tokens: 100, strong: 0.9 };

export function recordedFacts(r: Recorded): Fact[] {
  const { id, atMs, model, task = "chat", client = "test", session = null, tokens, ttftMs = 40 } = r;
  const facts = factsOf(id, atMs);
  const decided = facts.decided({ model, task, stage: r.judged ? "judge" : "classifier" });
  const own = r.features === null ? null : { ...someFeatures, ...r.features };
  const begin = [facts.started({ client, session }), { ...decided, features: own }, facts.attempted({ model })];
  if (tokens === null)
    return [
      ...begin,
      facts.settled({ outcome: "failed", usage: null, costNanos: 0, baselineNanos: null }),
      facts.ended({ status: "error", ttftMs: null, delivered: null }),
    ];
  const { input, cachedInput = 0, output } = tokens ?? { input: 1_000, output: 200 };
  return [
    ...begin,
    facts.firstToken(1 + ttftMs),
    facts.settled({ usage: usage(input, output, { cachedInput }) }),
    facts.ended(),
  ];
}

/** Writes a ledger into a folder. */
export function recordLedger(dataDir: string, requests: Iterable<Recorded>): void {
  const ledger = openLedger({ dataDir, options: () => ledgerSchema.parse({}), clock: new HeldClock(), log: () => {} });
  let n = 0;
  for (const r of requests) {
    for (const fact of recordedFacts(r)) ledger.append(fact);
    if (++n % 1_000 === 0) ledger.flush();
  }
  ledger.close();
}

/** Requests by chance, over two models: short and long ones, easy and hard ones, of some tasks and conversations. */
export function* randomRequests(n: number, seed = 1): Iterable<Recorded> {
  const random = chance(seed);
  const tasks: readonly Task[] = ["chat", "explain", "fix", "write", "title"];
  for (let i = 0; i < n; i++) {
    const score = random();
    const weak = 0.9 - 0.7 * score;
    const model = score > 0.6 ? "large" : "small";
    yield {
      id: `r${String(i).padStart(7, "0")}`,
      atMs: Date.UTC(2026, 10, 20) + i * 20,
      model,
      task: tasks[Math.floor(random() * tasks.length)]!,
      client: random() < 0.5 ? "editor" : "agent",
      session: `s${Math.floor(i / 5)}`,
      features: {
        score,
        weak,
        strong: Math.min(0.95, weak + score),
        tokens: Math.round(50 + 4_000 * random() ** 3),
        history: i % 5 === 0 ? 0 : Math.round(2_000 * random()),
        last: i % 5 === 0 ? null : model,
      },
      tokens: { input: Math.round(50 + 4_000 * random() ** 3), output: Math.round(20 + 600 * random()) },
      ttftMs: model === "small" ? 30 + 20 * random() : 400 + 200 * random(),
    };
  }
}
