import type { StatsRow } from "../../server/protocol/stats.ts";
import { h, svg } from "../kit/dom.ts";
import { plural, sum } from "../kit/format.ts";

/** Days that the picture has room for, the newest. */
const most = 60;

/** A bar a day, as high as its requests; the table of days has the numbers. `rows` newest first. */
export function dayPicture(rows: readonly StatsRow[]): HTMLElement {
  const shown = rows.slice(0, most).reverse();
  const highest = Math.max(1, ...shown.map((r) => r.requests));
  const step = 100 / Math.max(shown.length, 7);
  const bars = shown.flatMap((r, i) => {
    const failed = r.error + r.interrupted;
    const height = (n: number): number => (n === 0 ? 0 : Math.max(2, (n / highest) * 100));
    const title = `${r.key}: ${plural(r.requests, "request")}, ${failed} failed, ${sum(r.costNanos, r.unknownCost, r.estimated)}`;
    const bar = (className: string, n: number): SVGElement =>
      svg(
        "rect",
        {
          class: className,
          x: `${i * step + step * 0.12}%`,
          width: `${step * 0.76}%`,
          y: `${100 - height(n)}%`,
          height: `${height(n)}%`,
        },
        svg("title", {}, title),
      );
    return failed > 0 ? [bar("requests", r.requests), bar("failed", failed)] : [bar("requests", r.requests)];
  });
  const first = shown[0]?.key ?? "";
  const last = shown.at(-1)?.key ?? "";
  return h(
    "figure",
    {
      class: "days",
      role: "img",
      "aria-label": `Requests per day from ${first} to ${last}; the table of days has the numbers`,
    },
    h("span", { class: "top dim" }, `${plural(highest, "request")} on the busiest day; hatched: failed`),
    svg("svg", {}, hatch(), svg("line", { class: "ground", x1: 0, x2: "100%", y1: "100%", y2: "100%" }), ...bars),
    h("figcaption", { class: "dim" }, h("span", {}, first), first === last ? null : h("span", {}, last)),
  );
}

/** What failed is told from the rest without colour. */
const hatch = (): SVGElement =>
  svg(
    "defs",
    {},
    svg(
      "pattern",
      { id: "failed", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { class: "failed-ground", width: 5, height: 5 }),
      svg("rect", { class: "failed-line", width: 3, height: 5 }),
    ),
  );
