import "../kit/base.css";
import "./stats.css";
import "./experiments.css";
import { type Period, periods } from "../../server/protocol/pages.ts";
import type { Link, Report, StatsFromPage, StatsToPage, WayOut } from "../../server/protocol/webview.ts";
import { copyButton } from "../kit/copy.ts";
import { byId, h } from "../kit/dom.ts";
import { clock } from "../kit/format.ts";
import { linkNotices, notice, wayOutButton } from "../kit/link.ts";
import { connect } from "../kit/rpc.ts";
import { dayPicture } from "./days.ts";
import { experimentTables } from "./experiments.ts";
import { learnedSection } from "./learned-view.ts";
import { cacheLine, days, emptyTitles, figures, periodTitles, tables, toMarkdown } from "./report.ts";
import type { Table } from "./table.ts";
import { whiskers } from "./whiskers.ts";

const host = connect<StatsToPage, StatsFromPage>();
const saved = host.saved as { period?: Period } | undefined;

let link: Link = { kind: "starting", message: "Connecting to the daemon…", problems: [], able: true };
let period: Period = periods.find((p) => p === saved?.period) ?? "today";
let report: Report | null = null;
let fault: string | null = null;
const act = (action: WayOut): void => host.send({ type: "act", action });

const buttons = periods.map((p) => {
  const button = h("button", { type: "button", role: "radio", class: "period", "data-period": p }, periodTitles[p]);
  button.addEventListener("click", () => choose(p));
  return button;
});
const chooser = h("div", { class: "periods", role: "radiogroup", "aria-label": "Period" }, ...buttons);
const copy = copyButton("secondary", "Copy as Markdown", async () =>
  report === null ? false : host.copy(toMarkdown(report)),
);
const made = h("span", { class: "dim made" });
const notices = h("div", { class: "notices" });
const body = h("main", {});

function choose(p: Period): void {
  period = p;
  host.save({ period });
  host.send({ type: "period", period });
  draw();
}

// A group of choices is one stop of the Tab key; arrows choose.
chooser.addEventListener("keydown", (e) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
  if (step === undefined) return;
  e.preventDefault();
  const next = periods[(periods.indexOf(period) + step + periods.length) % periods.length];
  if (!next) return;
  choose(next);
  buttons[periods.indexOf(next)]?.focus();
});

function draw(): void {
  for (const button of buttons) {
    const chosen = button.dataset["period"] === period;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
  notices.replaceChildren(
    ...linkNotices(link, act),
    ...(fault ? [notice("error", "The report could not be made", fault, wayOutButton("show-log", act, true))] : []),
  );
  copy.disabled = report === null;
  made.textContent = report ? `as of ${clock(report.at)}` : "";
  // While another period is on its way the old figures stay, but not as if they were its own.
  body.setAttribute("aria-busy", String(report !== null && report.period !== period));
  body.replaceChildren(...(report ? content(report) : []));
}

function content(r: Report): HTMLElement[] {
  if (r.by.model.total.requests === 0)
    return [
      h(
        "div",
        { class: "empty" },
        h("h2", {}, emptyTitles[r.period]),
        h(
          "p",
          { class: "dim" },
          "Ask something in the chat or send a request to the daemon, and its route, time and cost are counted here.",
        ),
        h("div", { class: "buttons" }, wayOutButton("open-chat", act, true)),
      ),
      ...experiments(r), // of another period than this one
      ...(r.learned.rows.length > 0 ? [learned(r)] : []),
    ];
  const cards = figures(r).map((f) =>
    h(
      "div",
      { class: "card" },
      h("span", { class: "name" }, f.name),
      h("strong", {}, f.value),
      h("span", { class: "dim" }, f.note),
    ),
  );
  return [
    h("section", { class: "cards", "aria-label": "Totals" }, ...cards),
    h("p", { class: "cache dim" }, cacheLine(r)),
    ...experiments(r),
    ...tables(r).flatMap((t) => [
      h("h2", {}, t.title),
      ...(t.note ? [h("p", { class: "note dim" }, t.note)] : []),
      ...(t.title === "Days" ? [dayPicture(days(r))] : []),
      tableOf(t),
    ]),
    learned(r),
  ];
}

const learned = (r: Report): HTMLElement => learnedSection(r.learned, () => host.send({ type: "reset-learned" }));

/** Nothing where none is configured. */
function experiments({ experiments: list = [] }: Report): HTMLElement[] {
  const tables = experimentTables(list);
  return list.flatMap((e, i) => {
    const { title, note, ...table } = tables[i]!;
    const picture = whiskers(e);
    const parts = [h("h2", {}, title), h("p", { class: "note dim" }, note ?? "")];
    return [...parts, ...(picture ? [picture] : []), tableOf({ title, ...table })];
  });
}

const tableOf = (t: Table): HTMLElement =>
  h(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": t.title },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, ...t.head.map((name, i) => h("th", { scope: "col", class: i ? "number" : null }, name))),
      ),
      h(
        "tbody",
        {},
        ...t.rows.map(([key = "", ...cells]) =>
          h("tr", {}, h("th", { scope: "row" }, key), ...cells.map((text) => h("td", { class: "number" }, text))),
        ),
      ),
    ),
  );

host.listen((message) => {
  switch (message.type) {
    case "link":
      link = message.link;
      break;
    case "report":
      report = message.report;
      fault = null;
      break;
    case "fault":
      fault = message.message;
      break;
  }
  draw();
});

byId("app").append(
  h("header", {}, h("h1", {}, "Routing Stats"), chooser, h("span", { class: "space" }), made, copy),
  notices,
  body,
);
draw();
host.send({ type: "period", period });
host.send({ type: "ready" });
