import { join } from "node:path";
import { openConfig } from "../io/config/store.ts";
import { openPastArms } from "../io/ledger/past-arms.ts";
import type { Log } from "../kit/log.ts";
import { type ExperimentsReport, experimentsSchema } from "../protocol/experiments.ts";
import { type Counted, count, reports } from "./experiments.ts";
import { readReady } from "./ready-file.ts";

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
  const ready = readReady(dataDir);
  const answer = ready && (await askDaemon(ready.http, ready.token));
  if (answer) return answer;
  const { experiments } = config.current;
  using ledger = openPastArms(join(dataDir, "ledger.sqlite"));
  const counted: Counted[] = [];
  for (const e of experiments) counted.push(await count(e, ledger));
  return reports(experiments, counted, Date.now());
}

/** Null: nobody listens there any more. */
async function askDaemon(http: string, token: string): Promise<ExperimentsReport | null> {
  let res: Response;
  try {
    res = await fetch(`${http}/admin/experiments`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(30_000),
    });
  } catch (e) {
    if ((e as Error).name === "TimeoutError") throw new Error(`The daemon at ${http} does not answer.`);
    return null;
  }
  const text = await res.text();
  if (!res.ok) throw new Error(`The daemon refused: ${text.slice(0, 500)}`);
  return experimentsSchema.parse(JSON.parse(text));
}
