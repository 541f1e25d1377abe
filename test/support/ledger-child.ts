/** Keeps a ledger in the folder named on its command line, says on stdout when all is on disk, then waits to be killed. */
import { openLedger } from "../../server/io/ledger/ledger.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { newId } from "../../server/kit/ids.ts";
import { factsOf } from "./facts.ts";

const [dataDir = "", ended = "0"] = process.argv.slice(2);
const ledger = openLedger({
  dataDir,
  options: () => ({ keepDays: 90, maxTraces: 1000, storeText: false }),
  clock: systemClock,
  log: () => {},
});
const now = Date.now();
for (let i = 0; i < Number(ended); i++) for (const fact of factsOf(newId(now), now).all()) ledger.append(fact);
const running = factsOf(newId(now), now);
for (const fact of [running.started(), running.decided(), running.attempted(), running.firstToken()])
  ledger.append(fact);
ledger.flush();
console.log(
  JSON.stringify({ running: running.started().id, total: (await ledger.stats({})).total, meter: ledger.meter() }),
);
setInterval(() => {}, 60_000);
