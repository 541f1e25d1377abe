import { openConfig } from "../io/config/store.ts";
import type { Log } from "../kit/log.ts";
import { type ExperimentsReport, experimentsSchema } from "../protocol/experiments.ts";
import { askDaemon } from "./ask-daemon.ts";
import { type Counted, count, reports } from "./experiments.ts";
import { readPast } from "./past.ts";

export interface AbTestPlaces {
  readonly configFile: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** What the running daemon of a data folder says of its experiments; where none runs, what its ledger says of those configured. */
export async function experimentsIn(places: AbTestPlaces): Promise<ExperimentsReport> {
  const { configFile, dataDir, env, log } = places;
  const config = openConfig({ file: configFile, env, flags: {}, log, watch: false }); // a bad one is said in any case
  config.close();
  const answer = await askDaemon(dataDir, "GET", "/admin/experiments");
  if (answer !== null) return experimentsSchema.parse(answer.json);
  const { experiments } = config.current;
  const counted: Counted[] = [];
  await readPast(dataDir, async (past) => {
    for (const e of experiments) counted.push(await count(e, past ?? nothing));
  });
  return reports(experiments, counted, Date.now());
}

const nothing: Parameters<typeof count>[1] = { armed: async () => false };
