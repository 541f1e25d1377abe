import type { LearnedReport } from "../../server/protocol/learned.ts";
import { h, svg } from "../kit/dom.ts";
import { effect, learnedNote, learnedTable, learnedTitle, points } from "./learned.ts";

/** The widest bar: what the policy lets a shift be at most. */
const most = 0.4;

/** What was learned of each model at each task, and the button that forgets it. */
export function learnedSection(report: LearnedReport, reset: () => void): HTMLElement {
  const table = learnedTable(report);
  const button = h("button", { type: "button", class: "secondary", onclick: reset }, "Reset What Was Learned…");
  return h(
    "section",
    { class: "learned", "aria-label": learnedTitle },
    h("h2", {}, learnedTitle),
    h("p", { class: "note dim" }, learnedNote(report)),
    table
      ? h(
          "div",
          { class: "scrolls", tabindex: "0", role: "region", "aria-label": learnedTitle },
          h(
            "table",
            {},
            h("thead", {}, h("tr", {}, ...table.head.map((name, i) => h("th", headOf(i, table.head.length), name)))),
            h("tbody", {}, ...report.rows.map((row, i) => line(row.shift, table.rows[i] ?? []))),
          ),
        )
      : null,
    table ? h("div", { class: "buttons" }, button) : null,
  );
}

const headOf = (i: number, n: number): { scope: string; class: string | null } => ({
  scope: "col",
  class: i < 2 ? null : i === n - 1 ? "shift" : "number",
});

function line(shift: number, [task = "", model = "", ...cells]: readonly string[]): HTMLElement {
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, task),
    h("td", {}, model),
    ...cells.slice(0, -1).map((text) => h("td", { class: "number" }, text)),
    h(
      "td",
      { class: "shift" },
      h("span", { class: "points" }, points(shift)),
      bar(shift),
      h("span", { class: "dim" }, effect(shift)),
    ),
  );
}

/** From the middle to the right what is added, to the left what is taken away; the number stands beside it. */
function bar(shift: number): SVGElement {
  const width = (Math.min(most, Math.abs(shift)) / most) * 50;
  return svg(
    "svg",
    { viewBox: "0 0 100 10", class: "bar", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { x: 0, y: 0, width: 100, height: 10, class: "track" }),
    svg("rect", {
      x: shift < 0 ? 50 - width : 50,
      y: 1,
      width,
      height: 8,
      class: shift < 0 ? "worse" : "better",
    }),
    svg("rect", { x: 49.5, y: 0, width: 1, height: 10, class: "middle" }),
  );
}
