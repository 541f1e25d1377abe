import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Fact } from "../../server/domain/fact.ts";
import type { Request } from "../../server/domain/request.ts";
import { type Ledger, openLedger } from "../../server/io/ledger/ledger.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { newId } from "../../server/kit/ids.ts";
import { decide } from "../../server/logic/routing/decide.ts";
import { trialsOf } from "../../server/logic/routing/experiments.ts";
import { type Features, featuresOf } from "../../server/logic/routing/features.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { configSchema, ledgerSchema } from "../../server/protocol/config.ts";
import { count } from "../../server/wiring/experiments.ts";
import { modelOf } from "../support/models.ts";
import { read } from "../support/reading.ts";
import { type Bench, inRounds, row } from "./row.ts";

/** Many short rounds: what else the machine does falls into few of them. */
const rounds = 101;
const batch = 20_000;
const ledgerRows = 100_000;

/** Milliseconds that this process has run on a core: what other programs do meanwhile isn't in it. */
function ran(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const config = configSchema.parse({
  routing: { primary: "small", escalation: "large" },
  experiments: [
    {
      name: "e",
      unit: "session",
      // Both choose alike: what is measured is the experiment, not another strategy.
      arms: [{ strategy: "control" }, { name: "again", strategy: "control", share: 0.5 }],
    },
  ],
});
const [experiment] = config.experiments;

const features = (i: number): Features => {
  const request: Request = {
    id: newId(Date.now()),
    kind: "chat",
    stream: true,
    origin: {
      surface: "http",
      wire: "openai.chat",
      client: "bench",
      workspace: null,
      session: `5f0c9a1e-${i}`,
      atMs: 0,
    },
    wishes: { model: "switchyard/auto", sampling: {}, needs: [] },
    egress: { verdict: "anywhere", rule: "default" },
    prompt: { kind: "chat", messages: [{ role: "user", content: "What is a linked list?" }], tools: [] },
  };
  return featuresOf(request, read, null);
};

/** Rules and strategy alone, without reading the prompt: there an experiment weighs most. */
async function decisions() {
  const asked = Array.from({ length: 1_000 }, (_, i) => features(i));
  const world = {
    models: [modelOf("small", "local"), modelOf("large", "premium")],
    routing: config.routing,
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(),
    broken: new Map(),
  };
  const plain = snapshotOf(world);
  const trying = snapshotOf({ ...world, trials: trialsOf(config.experiments, Date.now(), new Set()) });
  let armed = 0; // read, so that nothing is optimised away
  const rate = async (snapshot: typeof plain) => {
    const begun = ran();
    for (let i = 0; i < batch; i++) {
      const decided = decide(asked[i % asked.length]!, snapshot);
      if ("ok" in decided && decided.ok.arm !== null) armed++;
    }
    return batch / ((ran() - begun) / 1000);
  };
  const contenders = { without: () => rate(plain), with: () => rate(trying) };
  await inRounds(3, contenders);
  const took = await inRounds(rounds, contenders);
  if (armed === 0) throw new Error("no request was ever in an arm");
  return row("experiments.decide.rate", "1/s", took.with, { name: "without", values: took.without });
}

function fill(ledger: Ledger): void {
  const usage = { input: 57, cachedInput: 0, cacheWrite: 0, output: 32, reasoning: 0, source: "provider" } as const;
  for (let i = 0; i < ledgerRows; i++) {
    const id = newId(Date.now());
    const attempt = { id, attempt: 0 } as const;
    const session = `session-${i % 10_000}`;
    const facts: Fact[] = [
      {
        type: "started",
        id,
        atMs: Date.now(),
        trace: {
          surface: "http",
          wire: "openai.chat",
          kind: "chat",
          stream: true,
          client: "bench",
          workspace: null,
          session,
          messages: 1,
          chars: 130,
          privacy: { verdict: "anywhere", rule: "default" },
        },
      },
      {
        type: "decided",
        id,
        decision: {
          route: "direct",
          model: "small",
          task: "chat",
          difficulty: "simple",
          stage: "classifier",
          score: 0.2,
          confidence: 0.6,
          reason: "score 0.20 is below the band 0.35..0.65",
          us: 41,
        },
        features: null,
        arm: { experiment: "e", arm: i % 2 === 0 ? "control" : "again" },
      },
      {
        ...attempt,
        type: "attempted",
        model: "small",
        provider: "p",
        role: "primary",
        startMs: 1,
        usage,
        costNanos: 0,
      },
      {
        ...attempt,
        type: "settled",
        endMs: 400,
        outcome: "served",
        error: null,
        usage,
        costNanos: 40_000 + (i % 977),
        baselineNanos: 500_000,
      },
      {
        type: "ended",
        id,
        status: "ok",
        error: null,
        finish: "stop",
        totalMs: 411,
        ttftMs: 35 + (i % 101),
        delivered: 0,
        savedMs: null,
        cache: "off",
        recalled: null,
        spans: [{ name: "decide", startMs: 0.3, durationMs: 0.1, attempt: null }],
      },
      ...(i % 3 === 0 ? [{ type: "feedback", id, signal: "kept", atMs: Date.now() } as const] : []),
    ];
    for (const fact of facts) ledger.append(fact);
    if (i % 1_000 === 0) ledger.flush();
  }
  ledger.flush();
}

/** A look in the background: what it takes, what it holds, and for how long at most nobody else runs meanwhile. */
async function looks() {
  const folder = mkdtempSync(join(tmpdir(), "sy-"));
  const ledger = openLedger({
    dataDir: folder,
    options: () => ledgerSchema.parse({}),
    clock: systemClock,
    log: () => {},
  });
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  try {
    fill(ledger);
    const one = async () => {
      gc();
      let [longest, last, over] = [0, ran(), false];
      const watch = (): void => {
        const now = ran();
        longest = Math.max(longest, now - last);
        last = now;
        if (!over) setImmediate(watch);
      };
      setImmediate(watch);
      const before = process.memoryUsage().heapUsed;
      const begun = ran();
      const counted = await count(experiment!, ledger);
      const ms = ran() - begun;
      over = true;
      gc();
      const heldMb = (process.memoryUsage().heapUsed - before) / 1e6;
      const requests = counted.tally.arms.reduce((n, arm) => n + arm.failed.n, 0);
      if (requests !== ledgerRows) throw new Error(`${requests} requests were counted`);
      return { ms, longest, heldMb };
    };
    const scan = async () => {
      const begun = ran();
      await ledger.stats({ by: "arm" });
      return { ms: ran() - begun, longest: 0, heldMb: 0 };
    };
    await inRounds(1, { look: one, stats: scan });
    const took = await inRounds(7, { look: one, stats: scan });
    const of = (key: "ms" | "longest" | "heldMb") => took.look.map((t) => t[key]);
    return [
      row(`experiments.look.${ledgerRows}`, "ms", of("ms"), {
        name: "stats by arm",
        values: took.stats.map((t) => t.ms),
      }),
      row("experiments.look.longest-hold", "ms", of("longest")),
      row("experiments.look.heap", "MB", of("heldMb")),
    ];
  } finally {
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a running experiment costs each decision, and what its look at the ledger costs in the background. */
export const experiments: Bench = {
  name: "experiments",
  about: "decisions a second of a core with a running experiment against without; a look at 100,000 requests",
  run: async () => [await decisions(), ...(await looks())],
};
