import type { Trace } from "../../server/protocol/trace.ts";
import { h } from "../kit/dom.ts";
import { clock, duration, money } from "../kit/format.ts";
import { answeredBy, totalOf } from "./list.ts";
import { whence } from "./memory.ts";

/** What stands before a status: its shape says it as well as its colour. */
export const marks: Record<Trace["status"], string> = {
  running: "▶",
  ok: "✓",
  error: "✕",
  cancelled: "■",
  interrupted: "⚠",
};

/** The list of requests: one stop of the Tab key, arrows choose. */
export class Rows {
  readonly element = h("div", {
    class: "rows",
    role: "listbox",
    tabindex: "0",
    "aria-label": "Requests, newest first",
  });
  readonly #choose: (id: string) => void;
  readonly #rows = new Map<string, { trace: Trace; element: HTMLElement }>();
  #ids: readonly string[] = [];
  #chosen: string | null = null;

  constructor(choose: (id: string) => void) {
    this.#choose = choose;
    this.element.addEventListener("keydown", (e) => this.#key(e));
    this.element.addEventListener("click", (e) => {
      const id = (e.target as Element).closest<HTMLElement>("[role=option]")?.dataset["id"];
      if (id) choose(id);
    });
  }

  show(traces: readonly Trace[], chosen: string | null): void {
    const moved = chosen !== this.#chosen;
    this.#chosen = chosen;
    this.#ids = traces.map((t) => t.id);
    const wanted = new Set(this.#ids);
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    let after: Element | null = null;
    for (const trace of traces) {
      const element = this.#row(trace);
      element.setAttribute("aria-selected", String(trace.id === chosen));
      const place: Element | null = after ? after.nextElementSibling : this.element.firstElementChild;
      if (place !== element) this.element.insertBefore(element, place);
      after = element;
    }
    const active = chosen === null ? null : this.#rows.get(chosen)?.element;
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
    if (moved) active?.scrollIntoView({ block: "nearest" });
  }

  #row(trace: Trace): HTMLElement {
    const known = this.#rows.get(trace.id);
    if (known?.trace === trace) return known.element;
    const element = known?.element ?? h("div", { role: "option", id: `row-${trace.id}`, "data-id": trace.id });
    element.className = `row ${trace.status}`;
    const what = trace.decision?.task ?? trace.kind;
    element.replaceChildren(
      h("span", { class: "mark", title: trace.status }, marks[trace.status]),
      h("span", { class: "visually-hidden" }, trace.status),
      h("span", { class: "who" }, answeredBy(trace) ?? "no model"),
      h("span", { class: "total" }, totalOf(trace)),
      h(
        "span",
        { class: "more dim" },
        [
          clock(trace.startedAt),
          whence(trace),
          what,
          trace.surface,
          ttft(trace),
          trace.status === "running" ? null : cost(trace),
        ]
          .filter((p) => p !== null)
          .join(" · "),
      ),
    );
    this.#rows.set(trace.id, { trace, element });
    return element;
  }

  #key(e: KeyboardEvent): void {
    const at = this.#chosen === null ? -1 : this.#ids.indexOf(this.#chosen);
    const last = this.#ids.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: last,
      PageDown: at + 10,
      PageUp: at - 10,
    };
    const to = steps[e.key];
    if (to === undefined || last < 0) return;
    e.preventDefault();
    const id = this.#ids[Math.min(last, Math.max(0, to))];
    if (id) this.#choose(id);
  }
}

const ttft = (t: Trace): string | null => (t.ttftMs === null ? null : `first token ${duration(t.ttftMs)}`);
const cost = (t: Trace): string => (t.cost.nanos === 0 ? "free" : money(t.cost.nanos, t.cost.estimated));
