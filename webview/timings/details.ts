import type { Trace } from "../../server/protocol/trace.ts";
import { h } from "../kit/dom.ts";
import { count, dateTime, duration, money, percent } from "../kit/format.ts";
import { notice } from "../kit/link.ts";
import { deciding, feedbackFacts } from "./deciding.ts";
import { sooner, soonerBy, wasted } from "./early.ts";
import { answeredBy, totalOf } from "./list.ts";
import { memoryFacts, timeSaved } from "./memory.ts";
import { picture } from "./picture.ts";
import { marks } from "./rows.ts";
import { type Step, stepHeads, stepOf } from "./steps.ts";
import { waterfall } from "./waterfall.ts";

/** All that is known of one request: the picture, the same numbers as a table, and the facts. `open` shows another one of the list; null: it isn't there. */
export function details(trace: Trace, open: ((trace: string) => void) | null): HTMLElement[] {
  const saved = timeSaved(trace);
  const early = sooner(trace);
  const waste = wasted(trace);
  const fall = waterfall(trace, document.documentElement.clientWidth < 1000 ? 4 : 6);
  return [
    h(
      "header",
      { class: "head" },
      h("h2", {}, `${answeredBy(trace) ?? "No model"} · ${trace.decision?.task ?? trace.kind}`),
      h(
        "p",
        { class: "dim" },
        h("span", { class: `badge ${trace.status}` }, `${marks[trace.status]} ${trace.status}`),
        " ",
        [dateTime(trace.startedAt), ...new Set([trace.surface, trace.wire]), ...(trace.stream ? ["stream"] : [])].join(
          " · ",
        ),
      ),
    ),
    ...(trace.error ? [notice("error", trace.error.code, trace.error.message)] : []),
    h(
      "section",
      { class: "figures", "aria-label": "Figures" },
      figure("First token", duration(trace.ttftMs)),
      early === null ? null : figure("Sooner by", early),
      figure("Total", totalOf(trace)),
      saved === null ? null : figure("Time saved", saved),
      figure("Tokens", trace.usage ? `${count(trace.usage.input)} → ${count(trace.usage.output)}` : "–"),
      figure("Cost", money(trace.cost.nanos, trace.cost.estimated)),
      waste === null ? null : figure("Wasted", waste),
      figure("Saved", trace.cost.savedNanos === null ? "unknown" : money(trace.cost.savedNanos, trace.cost.estimated)),
    ),
    h("section", {}, h("h3", {}, "Waterfall"), ...pictureAndTable(trace, fall)),
    ...(trace.recalled ? [h("section", {}, h("h3", {}, "Memory"), memory(trace, trace.recalled.trace, open))] : []),
    h("section", {}, h("h3", {}, "Decision"), decision(trace)),
    ...(trace.feedback ? [h("section", {}, h("h3", {}, "What you did with it"), list(feedbackFacts(trace)))] : []),
    h("section", {}, h("h3", {}, "Request"), request(trace)),
  ];
}

const figure = (name: string, value: string): HTMLElement =>
  h("div", { class: "figure" }, h("span", { class: "name" }, name), h("strong", {}, value));

function pictureAndTable(trace: Trace, fall: ReturnType<typeof waterfall>): HTMLElement[] {
  if (fall.bars.length === 0)
    return [
      h("p", { class: "dim" }, trace.status === "running" ? "Nothing has been measured yet." : "No step was run."),
    ];
  const table = h(
    "table",
    {},
    h("caption", { class: "visually-hidden" }, "The waterfall's numbers, in milliseconds from the request's arrival"),
    h(
      "thead",
      {},
      h("tr", {}, ...stepHeads.map((name, i) => h("th", { scope: "col", class: i ? "number" : null }, name))),
    ),
    h("tbody", {}, ...fall.bars.flatMap((bar) => row(stepOf(trace, bar)))),
  );
  return [picture(fall), h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Steps" }, table)];
}

function row({ label, inside, discarded, cells, fault }: Step): HTMLElement[] {
  const numbers = h(
    "tr",
    { class: [discarded && "discarded", fault !== null && "faulty"].filter(Boolean).join(" ") || null },
    h("th", { scope: "row", class: inside ? "inside" : null }, label),
    ...cells.map((text) => h("td", { class: "number" }, text)),
  );
  if (fault === null) return [numbers];
  return [numbers, h("tr", { class: "fault" }, h("td", { colspan: stepHeads.length }, fault))];
}

function memory(trace: Trace, of: string, open: ((trace: string) => void) | null): HTMLElement {
  const title = "Show the request that this answer was made for";
  const whose = open ? h("button", { type: "button", class: "link", title, onclick: () => open(of) }, of) : of;
  return list([["Answer of", whose], ...memoryFacts(trace)]);
}

function decision(trace: Trace): HTMLElement {
  const d = trace.decision;
  const privacy = `${trace.privacy.verdict} (rule ${trace.privacy.rule})`;
  if (!d) return list([["Privacy", privacy]], trace.status === "running" ? "Not decided yet." : "Nothing was decided.");
  return list([
    ["Why", d.reason],
    ["Route", d.route],
    ["Model", d.model],
    ["Task", `${d.task}, ${d.difficulty}`],
    [
      "Decided by",
      trace.recalled
        ? `${d.stage}, for the request whose answer it is`
        : `${d.stage} in ${d.us < 1_000 ? `${count(Math.round(d.us))} µs` : duration(d.us / 1_000)}`,
    ],
    ["Strong model needed", `${percent(d.score)} likely, confidence ${percent(d.confidence)}`],
    ...deciding(trace),
    ["Privacy", privacy],
  ]);
}

function request(trace: Trace): HTMLElement {
  const { usage, cost } = trace;
  const about = usage?.source === "estimate" ? " (estimated)" : "";
  const facts: [string, string][] = [
    ["Trace", trace.id],
    ["Client", trace.client],
    ["Prompt", `${count(trace.messages)} messages, ${count(trace.chars)} characters`],
    ["Ended", trace.finish ?? (trace.status === "running" ? "not yet" : trace.status)],
    ["Cache", trace.cache],
  ];
  if (trace.workspace) facts.push(["Workspace", trace.workspace]);
  if (trace.session) facts.push(["Session", trace.session]);
  if (usage) {
    facts.push(["Input", `${count(usage.input)} tokens${about}, ${count(usage.cachedInput)} of them cached`]);
    facts.push(["Output", `${count(usage.output)} tokens${about}, ${count(usage.reasoning)} of them reasoning`]);
  }
  facts.push(
    ["Cost", money(cost.nanos, cost.estimated)],
    ["Wasted", wasted(trace) ?? money(0)],
    ["Baseline", cost.baselineNanos === null ? "unknown" : money(cost.baselineNanos, cost.estimated)],
    ["Saved", cost.savedNanos === null ? "unknown" : money(cost.savedNanos, cost.estimated)],
  );
  facts.push(...soonerBy(trace));
  return list(facts);
}

function list(facts: readonly (readonly [string, string | HTMLElement])[], before?: string): HTMLElement {
  const rows = facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h("div", {}, before ? h("p", { class: "dim" }, before) : null, h("dl", { class: "facts" }, ...rows));
}
