import { join } from "node:path";
import { openConfig } from "../io/config/store.ts";
import { openPastArms } from "../io/ledger/past-arms.ts";
import type { Log } from "../kit/log.ts";
import { type ExperimentsReport, experimentsSchema } from "../protocol/experiments.ts";
import { askDaemon } from "./ask-daemon.ts";
import { type Counted, count, reports } from "./experiments.ts";

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
  using ledger = openPastArms(join(dataDir, "ledger.sqlite"));
  const counted: Counted[] = [];
  for (const e of experiments) counted.push(await count(e, ledger));
  return reports(experiments, counted, Date.now());
}
