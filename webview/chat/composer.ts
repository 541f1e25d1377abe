import type { Chip, EditorHint, ModelChoice } from "../../server/protocol/webview.ts";
import { h } from "../kit/dom.ts";
import { icon } from "../kit/icons.ts";
import { Recall } from "./recall.ts";
import { SlashMenu } from "./slash-menu.ts";

export interface ComposerDeps {
  send(question: string): void;
  stop(): void;
  attach(what: "file" | "selection"): void;
  detach(id: string): void;
  openContext(id: string): void;
  pick(model: string): void;
  /** The draft has changed. */
  changed(): void;
  questions(): readonly string[];
}

const chosen: readonly { id: string; title: string }[] = [
  { id: "switchyard/auto", title: "Auto" },
  { id: "switchyard/fast", title: "Fast" },
  { id: "switchyard/best", title: "Best" },
  { id: "switchyard/local", title: "Local" },
];

const whileRunning = "Enter sends again when this answer has ended; Escape stops it.";

/** Where a question is written: attached context above, the model and the button below. */
export class Composer {
  readonly element: HTMLElement;
  readonly #deps: ComposerDeps;
  readonly #input = h("textarea", {
    rows: 2,
    "aria-label": "Question",
    placeholder: "Ask about code, / for commands",
    title: "Enter sends, Shift+Enter starts a line, Escape stops, Up recalls, / lists commands",
  });
  readonly #chips = h("div", { class: "chips", role: "list", "aria-label": "Attached to each question" });
  readonly #picker = h("select", { "aria-label": "Model", class: "picker" });
  readonly #button = h("button", { type: "submit", class: "primary round" });
  /** Why Enter doesn't send just now. */
  readonly #hint = h("p", { class: "hint", role: "status", "aria-live": "polite" });
  readonly #recall: Recall;
  readonly #slashes: SlashMenu;
  #attached: readonly Chip[] = [];
  #offered: EditorHint | null = null;
  #model = "switchyard/auto";
  /** The person's choice that the host has not answered yet; null: none. */
  #unanswered: string | null = null;
  #running = false;
  #able = false;

  constructor(deps: ComposerDeps) {
    this.#deps = deps;
    this.#recall = new Recall(deps.questions);
    this.#slashes = new SlashMenu(this.#input, (text) => {
      this.text = text;
      deps.changed();
    });
    this.#input.addEventListener("keydown", (e) => this.#key(e));
    this.#input.addEventListener("input", () => {
      this.#recall.reset();
      this.#slashes.update();
      this.#fit();
      this.#showButton();
      deps.changed();
    });
    this.#picker.addEventListener("change", () => {
      this.#model = this.#picker.value;
      this.#unanswered = this.#model;
      deps.pick(this.#model);
    });
    const bar = h("div", { class: "bar" }, this.#picker, h("span", { class: "space" }), this.#button);
    this.element = h("form", { class: "composer" }, this.#slashes.element, this.#chips, this.#input, this.#hint, bar);
    this.element.addEventListener("submit", (e) => {
      e.preventDefault();
      if (this.#running) deps.stop();
      else this.#send();
    });
    this.showModels([]);
    this.#showButton();
  }

  get text(): string {
    return this.#input.value;
  }
  set text(value: string) {
    this.#input.value = value;
    this.#fit();
    this.#showButton();
  }
  get model(): string {
    return this.#model;
  }
  get attached(): readonly Chip[] {
    return this.#attached;
  }

  focus(): void {
    this.#input.focus();
  }

  /** `able`: there is something that could answer. */
  show(running: boolean, able: boolean): void {
    if (running !== this.#running) this.#hint.textContent = running ? whileRunning : "";
    this.#running = running;
    this.#able = able;
    this.#showButton();
  }

  showModels(models: readonly ModelChoice[]): void {
    const options = models.map((m) => h("option", { value: m.id }, m.note ? `${m.id} – ${m.note}` : m.id));
    this.#picker.replaceChildren(
      h("optgroup", { label: "Switchyard chooses" }, ...chosen.map((c) => h("option", { value: c.id }, c.title))),
      ...(options.length > 0 ? [h("optgroup", { label: "Always this one" }, ...options)] : []),
    );
    const known = [...this.#picker.options].some((o) => o.value === this.#model);
    // A model may be away only until the daemon is back: the choice is kept and still shown.
    if (!known) this.#picker.append(h("option", { value: this.#model }, `${this.#model} – not configured`));
    this.#picker.value = this.#model;
  }

  /** The host's choice. What it said before it heard of the person's own comes too late. */
  pick(model: string, models: readonly ModelChoice[]): void {
    if (this.#unanswered !== null && model !== this.#unanswered) return;
    this.#unanswered = null;
    this.#model = model;
    this.showModels(models);
  }

  showChips(chips: readonly Chip[]): void {
    this.#attached = chips;
    this.#drawChips();
  }

  showHint(hint: EditorHint | null): void {
    this.#offered = hint;
    this.#drawChips();
  }

  #drawChips(): void {
    const focused = this.#chips.contains(document.activeElement);
    const offers: HTMLElement[] = [];
    const offer = (what: "file" | "selection", label: string): void => {
      if (this.#attached.some((c) => c.label === label)) return;
      const button = h("button", { type: "button", class: "chip offer", title: `Attach ${label}` }, icon("add"), label);
      button.addEventListener("click", () => this.#deps.attach(what));
      offers.push(h("span", { role: "listitem" }, button));
    };
    const offered = this.#offered;
    if (offered?.lines) offer("selection", `${offered.label}:${offered.lines}`);
    if (offered) offer("file", offered.label);
    this.#chips.replaceChildren(...this.#attached.map((c) => this.#chip(c)), ...offers);
    this.#chips.hidden = this.#chips.childElementCount === 0;
    if (focused && !this.#chips.contains(document.activeElement)) this.#input.focus();
  }

  #chip(chip: Chip): HTMLElement {
    const why = chip.denied === null ? chip.detail : `${chip.detail}: ${chip.denied}`;
    const name = h("button", { type: "button", class: "chip-name", title: why }, icon("file"), chip.label);
    name.addEventListener("click", () => this.#deps.openContext(chip.id));
    const remove = h("button", {
      type: "button",
      class: "chip-x",
      "aria-label": `Remove ${chip.label}`,
      title: "Remove",
    });
    remove.append(icon("close"));
    remove.addEventListener("click", () => this.#deps.detach(chip.id));
    const denied = chip.denied === null ? null : h("span", { class: "why" }, chip.denied);
    return h("span", { class: `chip ${chip.denied === null ? "" : "denied"}`, role: "listitem" }, name, denied, remove);
  }

  #key(e: KeyboardEvent): void {
    // Enter that ends the composition of a character (Chinese, Japanese …) is not a send.
    if (e.isComposing || e.keyCode === 229) return;
    if (this.#slashes.key(e)) return;
    if (e.key === "Enter" && !e.shiftKey && !e.altKey) {
      e.preventDefault();
      if (!this.#running) this.#send();
    } else if (e.key === "ArrowUp" && (this.text === "" || this.#recall.active)) {
      this.#put(e, this.#recall.up(this.text));
    } else if (e.key === "ArrowDown" && this.#recall.active) {
      this.#put(e, this.#recall.down());
    }
  }

  #put(e: Event, text: string | null): void {
    if (text === null) return;
    e.preventDefault();
    this.text = text;
    this.#input.setSelectionRange(text.length, text.length);
    this.#deps.changed();
  }

  #send(): void {
    const question = this.text.trim();
    if (question === "" || !this.#able) return;
    this.#recall.reset();
    this.text = "";
    this.#deps.send(question);
  }

  #showButton(): void {
    const label = this.#running ? "Stop (Escape)" : "Send (Enter)";
    this.#button.replaceChildren(icon(this.#running ? "stop" : "send"));
    this.#button.title = label;
    this.#button.setAttribute("aria-label", label);
    this.#button.disabled = !this.#running && (!this.#able || this.text.trim() === "");
  }

  /** As many lines as are written, up to ten. */
  #fit(): void {
    this.#input.rows = Math.min(10, Math.max(2, this.text.split("\n").length));
  }
}
