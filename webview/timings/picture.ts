import { h, svg } from "../kit/dom.ts";
import { duration } from "../kit/format.ts";
import { lengthOf } from "./steps.ts";
import { type Bar, piecesOf, releaseOf, type Waterfall } from "./waterfall.ts";

const share = (x: number): string => `${Math.round(x * 10_000) / 100}%`;

/** The waterfall: a line a step, all on one axis. Its numbers are in the table below it, so it is one image to a reader. */
export function picture(fall: Waterfall): HTMLElement {
  const attempts = fall.bars.filter((b) => b.kind === "attempt").length;
  const drawn = new Set(fall.bars.flatMap((bar) => piecesOf(bar, fall.endMs).map((p) => p.what)));
  const released = fall.bars.some((bar) => bar.hold?.released);
  const asked = attempts === 0 ? "no model was asked" : `${attempts} of them attempts`;
  const label = `${fall.bars.length} steps, ${asked}, over ${duration(fall.endMs)}; the table has the numbers`;
  return h(
    "div",
    { class: "waterfall", role: "img", "aria-label": label },
    h(
      "span",
      { class: "legend dim" },
      drawn.has("wait") && key("wait", "waiting"),
      drawn.has("held") && key("held", "kept back"),
      released && h("span", { class: "key" }, svg("svg", { class: "swatch" }, mark(0.5)), "released"),
      drawn.has("stream") && key("stream", "streaming"),
      drawn.has("whole") && key("span", "step"),
    ),
    axis(fall),
    h("span", { class: "filler" }),
    ...fall.bars.flatMap((bar) => line(bar, fall)),
  );
}

const key = (what: string, name: string): HTMLElement =>
  h(
    "span",
    { class: "key" },
    svg("svg", { class: "swatch" }, patterns(), svg("rect", { class: what, width: "100%", height: "100%", rx: 2 })),
    name,
  );

/** From here on an answer that was kept back was passed on. */
const mark = (x: number): SVGElement =>
  svg("line", { class: "release", x1: share(x), x2: share(x), y1: 0, y2: "100%" });

/** Waiting is hatched and what is kept back dotted, so that they are told from streaming without colour. */
const patterns = (): SVGElement =>
  svg(
    "defs",
    {},
    svg(
      "pattern",
      { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { class: "hatch-ground", width: 5, height: 5 }),
      svg("rect", { class: "hatch-line", width: 2, height: 5 }),
    ),
    svg(
      "pattern",
      { id: "dots", width: 5, height: 5, patternUnits: "userSpaceOnUse" },
      svg("rect", { class: "hatch-ground", width: 5, height: 5 }),
      svg("circle", { class: "hatch-line", cx: 2.5, cy: 2.5, r: 1.3 }),
    ),
  );

function axis(fall: Waterfall): SVGElement {
  const marks = fall.ticks.map((ms) => {
    const x = ms / fall.endMs;
    const anchor = x < 0.03 ? "start" : x > 0.93 ? "end" : "middle";
    return svg("text", { x: share(x), y: 13, "text-anchor": anchor }, ms === 0 ? "0" : duration(ms));
  });
  return svg("svg", { class: "axis" }, ...marks);
}

function line(bar: Bar, fall: Waterfall): Element[] {
  const grid = fall.ticks.map((ms) => {
    const x = share(ms / fall.endMs);
    return svg("line", { class: "grid", x1: x, x2: x, y1: 0, y2: "100%" });
  });
  const what = `${bar.kind} ${bar.outcome ?? ""}`;
  const rects = piecesOf(bar, fall.endMs).map((p) =>
    svg("rect", {
      class: `${p.what === "whole" ? "span" : p.what} ${what}`,
      x: share(p.x),
      width: share(p.width),
      y: bar.inside ? 7 : 4,
      height: bar.inside ? 8 : 14,
      rx: 2,
    }),
  );
  const release = releaseOf(bar, fall.endMs);
  const state = bar.outcome === null || bar.outcome === "served" || bar.outcome === "running" ? "" : ` ${bar.outcome}`;
  return [
    h("span", { class: `label ${what}${bar.inside ? " inside" : ""}`, title: bar.label }, bar.label),
    svg("svg", { class: "bar" }, ...grid, ...rects, release === null ? null : mark(release)),
    h("span", { class: "length" }, `${lengthOf(bar, duration)}${state}`),
  ];
}
