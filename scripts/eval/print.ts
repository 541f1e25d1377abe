import { figureNames, type Measured, type MeasuredFigures, type Report } from "./report.ts";
import type { Interval } from "./resample.ts";

const definitions = `
APGR     area under PGR over the share of strong calls from 0 to 1, in steps of items, by trapezoids (as RouteLLM);
         PGR = (mean with the router − mean of weak) / (mean of strong − mean of weak). Random has 0.5.
CPT50/80 the least % of strong calls that recovers 50 / 80 % of that gap.
AUC      that an item with strong > weak is scored above one without.
ECE      of the score against max(0, strong − weak): 15 bins of equal width, weighted by their items.
cost95   % of the always-strong cost at which 95 % of the strong model's mean is reached; where a source recorded no
         cost, weak 1 : strong 10; each source's costs in units of its mean strong call.
Ties are averaged over all their orders. Intervals: 95 %, from resampled groups.`;

export function print(r: Report): string {
  const section = (title: string, of: (router: Report["routers"][number]) => MeasuredFigures): string[] => [
    "",
    title,
    columns(["", "APGR", "", "CPT50", "CPT80", "AUC", "ECE", "cost95", `APGR − ${r.baseline}`, ""]),
    ...r.routers.map((router) => rowOf(router.name, of(router))),
  ];
  const [first] = r.routers;
  return [
    definitions.trim(),
    ...section(`pooled: ${r.items} items, ${r.groups} groups, ${r.resamples} resamples`, (router) => router.all),
    ...section(`stratified: plain mean over ${r.sources.length} sources`, (router) => router.mean),
    ...section("stratified: mean over sources, weighted by their items", (router) => router.weighted),
    "",
    "APGR by source (- where strong is no better than weak)",
    columns(["", "items", "gap", ...r.routers.map((router) => router.name), `${first!.name} − ${r.baseline}`, ""]),
    ...r.sources.map(({ source, items, weak, strong }) => {
      const { difference } = first!.sources[source]!.apgr;
      const each = r.routers.map((router) => three(router.sources[source]!.apgr.value));
      return columns([
        source,
        String(items),
        three(strong - weak),
        ...each,
        three(difference?.value),
        range(difference?.interval ?? null),
      ]);
    }),
    "",
    `${first!.name} by source`,
    columns(["", "APGR", "", "CPT50", "CPT80", "AUC", "ECE", "cost95", `APGR − ${r.baseline}`, ""]),
    ...r.sources.map(({ source }) => rowOf(source, first!.sources[source]!)),
  ].join("\n");
}

function rowOf(name: string, f: MeasuredFigures): string {
  return columns([
    name,
    three(f.apgr.value),
    range(f.apgr.interval),
    percent(f.cpt50),
    percent(f.cpt80),
    three(f.auc.value),
    three(f.ece.value),
    percent(f.cost95),
    three(f.apgr.difference?.value),
    range(f.apgr.difference?.interval ?? null),
  ]);
}

const widths = [24, 9, 17, 9, 11, 9, 9, 9, 15, 17];
const columns = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i] ?? 12)))
    .join(" ")
    .trimEnd();

const three = (n: number | undefined): string => (n === undefined || Number.isNaN(n) ? "-" : n.toFixed(3));
const percent = ({ value }: Measured): string => (Number.isNaN(value) ? "-" : (100 * value).toFixed(1));
const range = (interval: Interval): string => (interval === null ? "" : `[${interval.map(three).join(", ")}]`);

/** For `--json`: NaN, which JSON hasn't, becomes null. */
export const toJson = (r: Report): string =>
  JSON.stringify({ ...r, figures: figureNames }, (_, v: unknown) => (Number.isNaN(v) ? null : v), 2);
