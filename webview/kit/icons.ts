import { svg } from "./dom.ts";

/** Icons as paths on a 16 × 16 grid, drawn with the text's own colour. */
const paths = {
  add: "M8 2.5v11M2.5 8h11",
  check: "M3 8.5l3.2 3.2L13 4.8",
  chevron: "M6 3.5L10.5 8 6 12.5",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  error: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 4.8v4M8 11v.4",
  file: "M4 1.8h5l3.2 3.2v9.2H4zM9 1.8V5h3.2",
  info: "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 7.2v4M8 4.6v.4",
  insert: "M2.5 8h7M6.5 5l3 3-3 3M12.5 2.8v10.4",
  lines: "M3 4h10M3 8h10M3 12h6",
  refresh: "M13 8a5 5 0 11-1.5-3.6M13 2.2v3h-3",
  send: "M8 13.2V3M3.8 7L8 2.8 12.2 7",
  stop: "M4.2 4.2h7.6v7.6H4.2z",
  up: "M3.5 8.5L8 4l4.5 4.5M3.5 12.5L8 8l4.5 4.5",
  timing: "M2 3.5h6M4.5 8h6M8 12.5h6",
} as const;
export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGSVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: paths[name] }),
  );
}
