import { resolveModels } from "../io/config/models.ts";
import { openConfig } from "../io/config/store.ts";
import type { Past } from "../io/ledger/past.ts";
import { systemClock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { snapshotOf } from "../logic/routing/snapshot.ts";
import { type LearnedReport, learnedSchema } from "../protocol/learned.ts";
import { askDaemon } from "./ask-daemon.ts";
import { Learning, type LearningDeps } from "./learning.ts";
import { readPast } from "./past.ts";

export interface LearnedPlaces {
  readonly dataDir: string;
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

export interface LearnedThere {
  readonly report: () => Promise<LearnedReport>;
  readonly reset: () => Promise<LearnedReport>;
}

/** What was learned in a data folder: its running daemon says it; where none runs, its ledger. */
export function learnedIn(o: LearnedPlaces): LearnedThere {
  const from = async (method: "GET" | "DELETE", onDisk: (learning: Learning) => void): Promise<LearnedReport> => {
    const answer = await askDaemon(o.dataDir, method, "/admin/learned");
    return answer === null ? fromDisk(o, onDisk) : learnedSchema.parse(answer.json);
  };
  return { report: () => from("GET", () => {}), reset: () => from("DELETE", (learning) => learning.reset()) };
}

async function fromDisk(
  { dataDir, configFile, env, log }: LearnedPlaces,
  act: (learning: Learning) => void,
): Promise<LearnedReport> {
  const config = openConfig({ file: configFile, env, flags: {}, log, watch: false });
  const { routing, speculation, hedge, learner } = config.current;
  const snapshot = snapshotOf({
    models: resolveModels(config.current),
    routing,
    ahead: { speculation, hedge },
    latency: new Map(),
    broken: new Map(),
  });
  config.close();
  return readPast(dataDir, (past) => {
    // Where nothing was ever recorded, nothing is made for it.
    if (past === null) return { enabled: learner.enabled, since: null, rows: [] };
    const learning = new Learning({
      dataDir,
      ledger: asLedger(past),
      clock: systemClock,
      log,
      enabled: () => learner.enabled,
      snapshot: () => snapshot,
      changed: () => {},
    });
    try {
      act(learning);
      return learning.report();
    } finally {
      learning.close();
    }
  });
}

/** A ledger into which nobody writes. */
const asLedger = (past: Past): LearningDeps["ledger"] => ({
  rewarded: (from, limit) => past.rewarded(from, limit),
  trace: () => null,
  append: () => {},
  flush: () => {},
  onFeedback: () => new DisposableStack(),
});
