import type { Latency } from "../domain/latency.ts";
import { type Loaded, loadConfig, readConfigFile } from "../io/config/load.ts";
import { resolveModels } from "../io/config/models.ts";
import { overlaid } from "../io/config/overlay.ts";
import { readPrices, withPrices } from "../io/config/prices.ts";
import { defaultModelsDir } from "../io/models/places.ts";
import { ModelStore } from "../io/models/store.ts";
import type { Log } from "../kit/log.ts";
import { replay } from "../lab/replay.ts";
import { Side } from "../lab/side.ts";
import { type Snapshot, snapshotOf } from "../logic/routing/snapshot.ts";
import type { Config } from "../protocol/config.ts";
import type { ReplayReport } from "../protocol/replay.ts";
import type { ReplayAsk } from "../surfaces/cli/replay.ts";
import { Found } from "./found.ts";
import { readPast } from "./past.ts";

export interface ReplayPlace {
  readonly dataDir: string;
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/**
 * Runs the ledger of a data folder, which a daemon may be using, through the configuration in force and through another.
 * Null: there is no ledger. Throws a ConfigFault for a bad file, an Error where the ledger can't be read.
 */
export async function replayIn(
  { dataDir, configFile, env, log }: ReplayPlace,
  ask: ReplayAsk,
): Promise<ReplayReport | null> {
  const inForce = loadConfig(configFile, readConfigFile(configFile), env, {});
  const [now, policy] = await configsOf(inForce, ask, env, log);
  return readPast(dataDir, (past) => {
    if (past === null) return null;
    const { range, limit, by } = ask;
    const latency = past.latency(range);
    const sides = { now: new Side(snapshotFor(now, latency)), policy: new Side(snapshotFor(policy, latency)) };
    return replay({ past, range, limit, by, ...sides });
  });
}

/** Both configurations, with what this machine has where one names no provider, and with the prices that were given. */
async function configsOf(inForce: Loaded, ask: ReplayAsk, env: NodeJS.ProcessEnv, log: Log): Promise<[Config, Config]> {
  const configs: [Config, Config] = [inForce.config, overlaid(inForce, ask.policy)];
  if (configs.some((c) => Object.keys(c.providers).length === 0)) {
    const found = new Found(env);
    await found.search(() => {}, log);
    const installed = new ModelStore(defaultModelsDir(env)).list().map((m) => m.name);
    for (const i of [0, 1] as const) configs[i] = found.complete(configs[i], installed);
  }
  if (ask.prices === null) return configs;
  const prices = readPrices(ask.prices, [...new Set(configs.flatMap((c) => Object.keys(c.models)))]);
  return [withPrices(configs[0], prices), withPrices(configs[1], prices)];
}

/** As the daemon would have it, but that nothing fails, nothing was learned and no experiment runs: the policies alone differ. */
function snapshotFor(config: Config, latency: ReadonlyMap<string, Latency>): Snapshot {
  const { routing, speculation, hedge } = config;
  const models = resolveModels(config);
  return snapshotOf({ models, routing, latency, ahead: { speculation, hedge }, broken: new Map() });
}
