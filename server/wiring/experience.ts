import type { Ledger } from "../io/ledger/ledger.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Config } from "../protocol/config.ts";
import { Experiments } from "./experiments.ts";
import { Learning } from "./learning.ts";
import type { Snapshots } from "./snapshots.ts";

export interface ExperienceDeps {
  readonly dataDir: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: () => Config;
  readonly snapshots: Snapshots;
}

export interface Experience extends Disposable {
  readonly learning: Learning;
  readonly experiments: Experiments;
}

/** What deciding draws from past requests: what was learned of models, and where experiments stand. From now on snapshots have it. */
export function experience({ dataDir, ledger, clock, log, config, snapshots }: ExperienceDeps): Experience {
  const changed = (): void => snapshots.remeasure();
  const learning = new Learning({
    dataDir,
    ledger,
    clock,
    log,
    enabled: () => config().learner.enabled,
    snapshot: () => snapshots.current.routing,
    changed,
  });
  const experiments = new Experiments({ ledger, clock, log, configured: () => config().experiments, changed });
  snapshots.from({ learned: () => learning.learned, trials: () => experiments.trials() });
  return {
    learning,
    experiments,
    [Symbol.dispose]: () => {
      learning.close();
      experiments.close();
    },
  };
}
