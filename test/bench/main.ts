/** `npm run bench [-- NAME…] [-- --json FILE]`: the timed proofs, each beside its baseline, in alternating rounds. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache } from "./cache.ts";
import { cancel } from "./cancel.ts";
import { decide } from "./decide.ts";
import { experiments } from "./experiments.ts";
import { faults } from "./faults.ts";
import { firstToken } from "./first-token.ts";
import { history } from "./history.ts";
import { learner } from "./learner.ts";
import { ledger } from "./ledger.ts";
import { overhead } from "./overhead.ts";
import { replay } from "./replay.ts";
import type { Bench, Row } from "./row.ts";
import { speculation } from "./speculation.ts";
import { start } from "./start.ts";
import { streamsBench } from "./streams.ts";
import { vectors } from "./vectors.ts";
import { vsix } from "./vsix.ts";

const benches: readonly Bench[] = [
  overhead,
  firstToken,
  history,
  cancel,
  cache,
  decide,
  experiments,
  learner,
  ledger,
  speculation,
  start,
  vectors,
  vsix,
  faults,
  streamsBench,
  replay,
];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
const unknown = positionals.filter((name) => !benches.some((b) => b.name === name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}. There are: ${benches.map((b) => b.name).join(", ")}.`);
  process.exit(2);
}

const root = join(import.meta.dirname, "../..");
execFileSync(process.execPath, ["scripts/build.ts"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });

const rows: Row[] = [];
for (const bench of benches.filter((b) => (positionals.length === 0 && !b.byName) || positionals.includes(b.name))) {
  console.log(`\n${bench.name}: ${bench.about}`);
  const found = await bench.run();
  for (const r of found) console.log(line(r));
  rows.push(...found);
}
const missed = rows.filter((r) => r.met === false);
const aimed = rows.filter((r) => r.met !== undefined);
console.log(
  `\n${aimed.length - missed.length} of ${aimed.length} aims met${missed.length > 0 ? `; missed: ${missed.map((r) => r.name).join(", ")}` : ""}`,
);
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

function line(r: Row): string {
  const base = r.baseline ? `${r.baseline.name} ${r.baseline.value}` : "";
  const ratio = r.ratio === null ? "" : `×${r.ratio.toFixed(2)}`;
  const aim = r.aim ? `${r.met ? "met" : "MISSED"}: ${r.aim}` : "";
  const spread = r.rounds > 1 ? `±${(r.spread * 100).toFixed(0)} %` : "";
  return `  ${r.name.padEnd(34)}${String(r.value).padStart(10)} ${r.unit.padEnd(5)}${base.padStart(20)} ${ratio.padStart(8)} ${spread.padStart(7)}  ${aim}`;
}
