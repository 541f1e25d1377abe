import type { WayOut } from "../../server/protocol/webview.ts";
import { h } from "../kit/dom.ts";
import { icon } from "../kit/icons.ts";
import { notice, wayOutButton } from "../kit/link.ts";
import { GrowingMarkdown, type Reader } from "../kit/markdown-dom.ts";
import { best } from "./again.ts";
import type { Turn } from "./conversation.ts";
import { fromMemory, mayBeAnother } from "./memory.ts";
import { receiptFacts, receiptLine } from "./receipt.ts";
import { wayOutOf } from "./ways.ts";

export interface AnswerDeps extends Omit<Reader, "insert"> {
  insert(text: string, turn: Turn): void;
  act(action: WayOut): void;
  /** Asks a model again, in place. */
  retry(turn: Turn): void;
  /** The same, of the best model. */
  better(turn: Turn): void;
  /** Whether there are several models that could answer. */
  several(): boolean;
  /** The answer was given for another question: it is forgotten, and a model is asked. */
  notAsked(turn: Turn, trace: string): void;
  showTrace(trace: string): void;
  /** Says something to those who listen. */
  say(text: string): void;
}

/** A part of the quiet line with more characters may break: whole, it would leave half a line empty. */
const longPart = 24;

/** One question and its answer on the page. It is told that its turn has changed and catches up with it. */
export class TurnView {
  readonly element = h("section", { class: "turn" });
  readonly #turn: Turn;
  readonly #deps: AnswerDeps;
  readonly #chips = h("div", { class: "chips" });
  readonly #body = h("div", { class: "answer" });
  #text: GrowingMarkdown | null = null;
  #shown = 0;
  #reasoning: { element: HTMLDetailsElement; text: Text } | null = null;
  #status = h("div", { class: "status dim" });
  #ended = false;

  constructor(turn: Turn, deps: AnswerDeps) {
    this.#turn = turn;
    this.#deps = deps;
    const question = h("div", { class: "question", role: "group", "aria-label": "You asked" });
    question.append(h("p", {}, turn.question), this.#chips);
    this.element.append(question, this.#body);
    this.#reset();
  }

  /** Empties the answer, for a retry or a resumed stream that is told from its start. */
  #reset(): void {
    this.#text = null;
    this.#reasoning = null;
    this.#shown = 0;
    this.#ended = false;
    const chips = this.#turn.attached.map((label) => h("span", { class: "chip sent" }, icon("file"), label));
    this.#chips.replaceChildren(...chips);
    this.#chips.hidden = chips.length === 0;
    this.#body.replaceChildren(this.#status);
  }

  restart(): void {
    this.#reset();
    this.update();
  }

  /** Shows what came since the last call. `last`: this answer may be asked for again. */
  update(last = true): void {
    if (this.#ended) {
      this.#retryable(last);
      return;
    }
    const turn = this.#turn;
    if (turn.reasoning !== "") this.#showReasoning(turn.reasoning);
    if (turn.text.length > this.#shown) {
      this.#text ??= this.#startText();
      this.#text.add(turn.text.slice(this.#shown));
      this.#shown = turn.text.length;
    }
    if (turn.end) this.#end(last);
    else this.#showStatus();
  }

  #startText(): GrowingMarkdown {
    const text = new GrowingMarkdown(this.#reader(), (words) => this.#deps.say(words));
    this.#body.insertBefore(text.element, this.#status);
    if (this.#reasoning) this.#reasoning.element.open = false;
    return text;
  }

  #reader(): Reader {
    const { copy, open, insert } = this.#deps;
    return { copy, open, insert: (text) => insert(text, this.#turn) };
  }

  #showReasoning(all: string): void {
    if (!this.#reasoning) {
      const text = document.createTextNode("");
      const summary = h("summary", {}, icon("chevron"), "Reasoning");
      const element = h("details", { class: "reasoning" }, summary, h("div", { class: "reasoning-text" }, text));
      this.#body.prepend(element);
      this.#reasoning = { element, text };
    }
    const { text } = this.#reasoning;
    if (all.length > text.data.length) text.appendData(all.slice(text.data.length));
  }

  #showStatus(): void {
    const turn = this.#turn;
    const writing = this.#text !== null;
    const what =
      turn.waiting ?? (turn.model === null ? "Choosing a model…" : writing ? null : "Waiting for the first token…");
    const parts = [turn.model, what].filter((p) => p !== null);
    this.#status.title = turn.reason ?? "";
    this.#status.replaceChildren(h("span", { class: "pulse" }), parts.join(" · "));
  }

  #end(last: boolean): void {
    this.#ended = true;
    const { end, text } = this.#turn;
    if (!end) return;
    this.#text?.end();
    this.#status.remove();
    if (end.kind === "failed") this.#fault(end.message, end.action);
    else if (end.kind === "stopped") {
      this.#body.append(h("p", { class: "dim" }, "Stopped."));
      this.#deps.say("Stopped.");
    } else {
      const { status, error } = end.receipt;
      if (error && status === "error") this.#fault(error.message, wayOutOf(error.code));
      else {
        if (text === "" && status === "ok")
          this.#body.append(h("p", { class: "dim" }, "The model ended without a word."));
        const memory = fromMemory(end.receipt);
        const complete = memory === null ? "The answer is complete." : `The answer is complete, ${memory}.`;
        this.#deps.say(status === "ok" ? complete : "Stopped.");
      }
    }
    this.#body.append(this.#footer());
    this.#retryable(last);
  }

  #fault(message: string, action: WayOut | null): void {
    const retry = h("button", { type: "button", class: "secondary retry" }, "Retry");
    retry.addEventListener("click", () => this.#deps.retry(this.#turn));
    const way = action ? [wayOutButton(action, this.#deps.act, true)] : [];
    this.#body.append(notice("error", "", message, ...way, retry)); // an alert: it is read aloud as it is
  }

  /** The quiet line; what it can't hold opens below it. */
  #footer(): HTMLElement {
    const { end } = this.#turn;
    const title = "Ask this again";
    const retry = h("button", { type: "button", class: "quiet retry", title, "aria-label": "Retry" }, icon("refresh"));
    retry.addEventListener("click", () => this.#deps.retry(this.#turn));
    if (end?.kind === "failed") return h("div", { class: "footer" });
    if (end?.kind !== "receipt") return h("div", { class: "footer" }, retry);
    const { receipt } = end;
    const facts = receiptFacts(receipt).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
    const line = receiptLine(receipt).map((part, i) =>
      h("span", { class: part.length > longPart ? "part long" : i === 0 ? "model" : "part" }, part),
    );
    const trace = h("button", { type: "button", class: "quiet" }, icon("timing"), "Show its timings");
    trace.addEventListener("click", () => this.#deps.showTrace(receipt.trace));
    return h(
      "div",
      { class: "footer" },
      h(
        "details",
        { class: "receipt" },
        h("summary", { title: receipt.reason ?? "" }, icon("chevron"), h("span", { class: "line" }, ...line)),
        h("dl", {}, ...facts),
        trace,
      ),
      receipt.status === "error"
        ? null
        : h("span", { class: "again" }, retry, receipt.status === "ok" ? this.#better() : null),
      mayBeAnother(receipt) ? this.#notAsked(receipt.trace) : null,
    );
  }

  /** None where the best was asked already. */
  #better(): HTMLElement | null {
    if (this.#turn.asked === best) return null;
    const title = "Ask the best model (switchyard/best)";
    const button = h(
      "button",
      { type: "button", class: "quiet retry better", title, "aria-label": "Better answer" },
      icon("up"),
    );
    button.addEventListener("click", () => this.#deps.better(this.#turn));
    return button;
  }

  #notAsked(trace: string): HTMLElement {
    const title = "Forgets this remembered answer and asks a model";
    const button = h("button", { type: "button", class: "secondary retry not-asked", title }, "Not what I asked");
    button.addEventListener("click", () => this.#deps.notAsked(this.#turn, trace));
    return button;
  }

  #retryable(last: boolean): void {
    for (const retry of this.#body.querySelectorAll<HTMLElement>(".retry")) retry.hidden = !last;
    const better = this.#body.querySelector<HTMLElement>(".better");
    if (better) better.hidden = !last || !this.#deps.several(); // the models may become known later
  }
}
