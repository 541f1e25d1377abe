/** `npm run eval:routing -- --data FILE [--resamples N] [--json FILE]`: how well the score routes, beside what it must beat. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openReader } from "../../server/wiring/weights.ts";
import { readItems } from "./data.ts";
import { print, toJson } from "./print.ts";
import { reportOn } from "./report.ts";
import { baselines, switchyard } from "./routers.ts";

const { values } = parseArgs({
  options: { data: { type: "string" }, json: { type: "string" }, resamples: { type: "string" } },
});
const resamples = Number(values.resamples ?? 500);
if (values.data === undefined || !Number.isInteger(resamples) || resamples < 20 || resamples > 20_000) {
  console.error("usage: npm run eval:routing -- --data FILE.jsonl[.gz] [--resamples 20…20000] [--json FILE]");
  process.exit(2);
}
const items = readItems(values.data);
if (items.length === 0) throw new Error(`${values.data} holds no item`);
const routers = [switchyard(items, openReader()), ...baselines(items)];
const report = reportOn(items, routers, { resamples, seed: 6, baseline: "length" });
console.log(print(report));
if (values.json !== undefined) writeFileSync(values.json, `${toJson(report)}\n`);
