import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveModels } from "../../server/io/config/models.ts";
import { Past } from "../../server/io/ledger/past.ts";
import { replay as replayed } from "../../server/lab/replay.ts";
import { Side } from "../../server/lab/side.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { type ConfigInput, configSchema } from "../../server/protocol/config.ts";
import { randomRequests, recordLedger } from "../support/replayed.ts";
import { type Bench, inRounds, row } from "./row.ts";

const rounds = 5;
const requests = 60_000;
/** So few that intervals are had by drawing the requests anew. */
const few = 15_000;

const config = (routing: ConfigInput["routing"]) =>
  configSchema.parse({
    providers: { p: { kind: "openai", baseUrl: "http://127.0.0.1:9/v1" } },
    models: {
      small: { provider: "p", name: "small", tier: "local", prices: { input: 0, output: 0 } },
      large: { provider: "p", name: "large", tier: "premium", prices: { input: 3, output: 15 } },
    },
    routing: { escalation: "large", ...routing },
  });

/** How many of the ledger's requests are replayed a second: read, decided twice, priced and compared. */
export const replay: Bench = {
  name: "replay",
  about: `requests of the ledger replayed a second under two policies, with ${requests} and, where each interval is drawn, ${few}`,
  byName: true,
  run: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sy-"));
    try {
      recordLedger(dataDir, randomRequests(requests));
      const range = { from: -Infinity, to: Infinity };
      const rate = async (limit: number): Promise<number> => {
        const begun = performance.now();
        using past = Past.open(join(dataDir, "ledger.sqlite"))!;
        const latency = past.latency(range);
        const [now, policy] = [config({}), config({ strategy: "adaptive" })].map((c) => {
          const ahead = { speculation: undefined, hedge: undefined };
          const { routing } = c;
          return new Side(snapshotOf({ models: resolveModels(c), routing, ahead, latency, broken: new Map() }));
        });
        const report = replayed({ past, range, limit, now: now!, policy: policy!, by: "task" });
        if (report.traces.replayed !== limit || report.total.changed === 0) throw new Error("not all were replayed");
        return limit / ((performance.now() - begun) / 1000);
      };
      const reading = async (): Promise<number> => {
        const begun = performance.now();
        using past = Past.open(join(dataDir, "ledger.sqlite"))!;
        let n = 0;
        for (const traces of past.traces(range, requests)) n += traces.length;
        return n / ((performance.now() - begun) / 1000);
      };
      const contenders = { many: () => rate(requests), few: () => rate(few), reading };
      await inRounds(1, contenders);
      const took = await inRounds(rounds, contenders);
      const baseline = { name: "reading alone", values: took.reading };
      const aim = { of: "value", atLeast: 20_000 } as const;
      return [
        row(`replay.rate.${requests}`, "1/s", took.many, baseline, aim),
        row(`replay.rate.${few}`, "1/s", took.few, baseline, aim),
      ];
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
