import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fact } from "../../server/domain/fact.ts";
import { openLedger } from "../../server/io/ledger/ledger.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { newId } from "../../server/kit/ids.ts";
import { ledgerSchema } from "../../server/protocol/config.ts";
import { type Bench, inRounds, row } from "./row.ts";

const rounds = 9;
const requests = 2_000;

const usage = { input: 57, cachedInput: 32, cacheWrite: 0, output: 32, reasoning: 8, source: "provider" } as const;

/** What one answered request tells. */
function factsOf(id: string, atMs: number): Fact[] {
  const attempt = { id, attempt: 0 } as const;
  return [
    {
      type: "started",
      id,
      atMs,
      trace: {
        surface: "http",
        wire: "openai.chat",
        kind: "chat",
        stream: true,
        client: "default",
        workspace: null,
        session: null,
        messages: 2,
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
        task: "explain",
        difficulty: "simple",
        stage: "classifier",
        score: 0.198,
        confidence: 0.6,
        reason: "score 0.20 is below the band 0.35..0.65: easy enough",
        us: 41,
      },
      features: {
        named: "switchyard/auto",
        quality: null,
        route: null,
        needs: [],
        tokens: 33,
        maxTokens: null,
        history: 12,
        last: null,
        weak: 0.7312,
        strong: 0.8641,
        score: 0.1982,
        novelty: 0.12,
      },
      arm: null,
    },
    {
      ...attempt,
      type: "attempted",
      model: "small",
      provider: "gpu",
      role: "primary",
      startMs: 0.4,
      usage,
      costNanos: 0,
    },
    { ...attempt, type: "first-token", atMs: 35.1 },
    {
      ...attempt,
      type: "settled",
      endMs: 410.2,
      outcome: "served",
      error: null,
      usage,
      costNanos: 40_000,
      baselineNanos: 564_600,
    },
    {
      type: "ended",
      id,
      status: "ok",
      error: null,
      finish: "stop",
      totalMs: 411,
      ttftMs: 35.1,
      delivered: 0,
      savedMs: null,
      cache: "off",
      recalled: null,
      spans: (["admit", "decide", "connect", "wait", "stream"] as const).map((name, i) => ({
        name,
        startMs: i * 10,
        durationMs: 10,
        attempt: i < 2 ? null : 0,
      })),
    },
  ];
}

/** What the ledger costs a request on its way, and what it costs to write it down afterwards. */
export const ledger: Bench = {
  name: "ledger",
  about: "microseconds a request on its way and in its batch, against printing its facts as JSON",
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "sy-"));
    const kept = openLedger({
      dataDir: folder,
      options: () => ledgerSchema.parse({}),
      clock: systemClock,
      log: () => {},
    });
    let bytes = 0; // read, so that nothing is optimised away
    try {
      const each = (ms: number) => (ms / requests) * 1_000;
      const make = () => Array.from({ length: requests }, () => factsOf(newId(Date.now()), Date.now()));
      const timed = (f: () => void) => {
        const begun = performance.now();
        f();
        return each(performance.now() - begun);
      };
      const contenders = {
        ledger: async () => {
          const all = make();
          const append = timed(() => {
            for (const facts of all) for (const fact of facts) kept.append(fact);
          });
          return { append, write: timed(() => kept.flush()) };
        },
        json: async () => {
          const all = make();
          const print = timed(() => {
            for (const facts of all) bytes += JSON.stringify(facts).length;
          });
          return { append: print, write: print };
        },
      };
      await inRounds(3, contenders);
      const took = await inRounds(rounds, contenders);
      const baseline = { name: "JSON.stringify", values: took.json.map((t) => t.append) };
      const stats = await inRounds(rounds, {
        stats: async () => {
          const begun = performance.now();
          await kept.stats({ by: "model" });
          return performance.now() - begun;
        },
      });
      if (bytes === 0) throw new Error("nothing was printed");
      return [
        row(
          "ledger.append",
          "µs",
          took.ledger.map((t) => t.append),
          baseline,
        ),
        row(
          "ledger.write",
          "µs",
          took.ledger.map((t) => t.write),
          baseline,
        ),
        row(`ledger.stats.${(rounds + 3) * requests}`, "ms", stats.stats),
      ];
    } finally {
      kept.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
