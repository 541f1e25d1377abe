import "../kit/base.css";
import "./timings.css";
import { maxListedTraces } from "../../server/protocol/pages.ts";
import type { Trace } from "../../server/protocol/trace.ts";
import type { Link, TimingsFromPage, TimingsToPage } from "../../server/protocol/webview.ts";
import { byId, h } from "../kit/dom.ts";
import { duration, plural } from "../kit/format.ts";
import { linkNotices, wayOutButton } from "../kit/link.ts";
import { connect } from "../kit/rpc.ts";
import { details } from "./details.ts";
import { filter, type StatusFilter, shownOf, TraceList, timesByModel } from "./list.ts";
import { marks, Rows } from "./rows.ts";

const host = connect<TimingsToPage, TimingsFromPage>();
const saved = (host.saved ?? {}) as { text?: string; status?: StatusFilter; chosen?: string | null };

const traces = new TraceList(maxListedTraces);
let link: Link = { kind: "starting", message: "Connecting to the daemon…", problems: [], able: true };
/** Null: the newest is shown, whichever that is. */
let chosen: string | null = saved.chosen ?? null;
/** Undefined until something was drawn. */
let shown: Trace | null | undefined;
let loaded = false;

const search = h("input", {
  type: "search",
  placeholder: "Filter",
  "aria-label": "Filter requests",
  value: saved.text ?? "",
});
const status = h(
  "select",
  { "aria-label": "Status" },
  h("option", { value: "all" }, "All"),
  ...Object.keys(marks).map((s) => h("option", { value: s }, s)),
);
status.value = saved.status ?? "all";
const tally = h("span", { class: "tally dim", role: "status" });
const notices = h("div", { class: "notices" });
const rows = new Rows((id) => {
  chosen = id;
  draw();
});
const times = h("section", { class: "times" });
const right = h("main", { class: "details", tabindex: "-1" });
const emptyState = h(
  "div",
  { class: "empty" },
  h("h2", {}, "No requests yet"),
  h(
    "p",
    { class: "dim" },
    "Ask something in the chat, type in a file to get a suggestion, or send a request to the daemon's HTTP address. Each one appears here as it happens, with its times and its cost.",
  ),
  h(
    "div",
    { class: "buttons" },
    wayOutButton("open-chat", (action) => host.send({ type: "act", action }), true),
  ),
);
const body = h(
  "div",
  { class: "body" },
  h("div", { class: "left" }, h("div", { class: "filters" }, search, status), tally, rows.element),
  right,
  times,
);

function draw(): void {
  const parts = linkNotices(link, (action) => host.send({ type: "act", action }));
  notices.replaceChildren(...parts);
  notices.hidden = parts.length === 0;
  const all = traces.all;
  emptyState.hidden = !loaded || all.length > 0;
  body.hidden = all.length === 0;
  const listed = filter(all, search.value, status.value as StatusFilter);
  const one = shownOf(listed, chosen);
  rows.show(listed, one?.id ?? null);
  tally.textContent =
    listed.length === all.length
      ? plural(all.length, "request")
      : `${listed.length} of ${plural(all.length, "request")}`;
  drawTimes(listed);
  if (one !== shown) {
    const scroll = one?.id === shown?.id ? right.scrollTop : 0;
    shown = one;
    right.replaceChildren(
      ...(one ? details(one, opener(one)) : [h("p", { class: "dim" }, "No request matches the filter.")]),
    );
    right.scrollTop = scroll;
  }
  host.save({ text: search.value, status: status.value, chosen });
}

/** Shows the request whose answer another one was given; null: it isn't among the newest any more. */
function opener({ recalled }: Trace): ((trace: string) => void) | null {
  if (!recalled || !traces.all.some((t) => t.id === recalled.trace)) return null;
  return (id) => {
    select(id);
    rows.element.focus(); // what had the focus is gone
  };
}

/** Shows a request, whatever the filter would hide. */
function select(trace: string): void {
  chosen = trace;
  search.value = "";
  status.value = "all";
  draw();
}

/** Percentiles of what is listed. */
function drawTimes(listed: readonly Trace[]): void {
  const byModel = timesByModel(listed);
  times.hidden = byModel.length === 0;
  const head = ["Model × count", "First token p50", "First token p95", "Total p50", "Total p95"];
  times.replaceChildren(
    h("h3", {}, "Times of the listed requests"),
    h(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Times" },
      h(
        "table",
        {},
        h("caption", { class: "visually-hidden" }, "Percentiles of the listed requests that ended well"),
        h(
          "thead",
          {},
          h("tr", {}, ...head.map((name, i) => h("th", { scope: "col", class: i ? "number" : null }, name))),
        ),
        h(
          "tbody",
          {},
          ...byModel.map((m) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, m.model, h("span", { class: "dim" }, ` × ${m.requests}`)),
              ...[m.ttft.p50, m.ttft.p95, m.total.p50, m.total.p95].map((ms) =>
                h("td", { class: "number" }, duration(ms)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

search.addEventListener("input", draw);
status.addEventListener("change", draw);
search.addEventListener("keydown", (e) => {
  if (e.key === "ArrowDown") {
    e.preventDefault();
    rows.element.focus();
  }
});

host.listen((message) => {
  switch (message.type) {
    case "link":
      link = message.link;
      break;
    case "traces":
      loaded = true;
      traces.reset(message.traces);
      break;
    case "changed":
      loaded = true;
      traces.change(message.traces);
      break;
    case "select":
      select(message.trace);
      return;
  }
  draw();
});

byId("app").append(h("h1", { class: "visually-hidden" }, "Request Timings"), notices, emptyState, body);
draw();
host.send({ type: "ready" });
