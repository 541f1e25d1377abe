import { h } from "../kit/dom.ts";
import { type Slash, slashesFor } from "./slash.ts";

/** The list of slash commands above the question, while one is begun. The focus stays in the question. */
export class SlashMenu {
  readonly element = h("div", {
    class: "slashes",
    id: "slashes",
    role: "listbox",
    "aria-label": "Commands",
    hidden: true,
  });
  readonly #input: HTMLTextAreaElement;
  readonly #chosen: (text: string) => void;
  #found: readonly Slash[] = [];
  #at = 0;

  /** `chosen` gets the text that the question begins with from then on. */
  constructor(input: HTMLTextAreaElement, chosen: (text: string) => void) {
    this.#input = input;
    this.#chosen = chosen;
    input.setAttribute("aria-controls", this.element.id);
    input.setAttribute("aria-autocomplete", "list");
    input.addEventListener("blur", () => this.close());
  }

  /** After each change of the question. */
  update(): void {
    this.#found = slashesFor(this.#input.value);
    this.#at = 0;
    this.#draw();
  }

  close(): void {
    this.#found = [];
    this.#draw();
  }

  /** True: the key was for the list. Enter on a word that is whole is for the question. */
  key(e: KeyboardEvent): boolean {
    const found = this.#found[this.#at];
    if (!found || e.shiftKey || e.altKey || e.ctrlKey || e.metaKey) return false;
    switch (e.key) {
      case "ArrowDown":
      case "ArrowUp":
        this.#at = (this.#at + (e.key === "ArrowDown" ? 1 : -1) + this.#found.length) % this.#found.length;
        this.#draw();
        break;
      case "Enter":
        if (this.#input.value === `/${found.name}`) {
          this.close();
          return false;
        }
        this.#choose(found);
        break;
      case "Tab":
        this.#choose(found);
        break;
      case "Escape":
        this.close();
        e.stopPropagation(); // it closes the list and stops no answer
        break;
      default:
        return false;
    }
    e.preventDefault();
    return true;
  }

  #choose(slash: Slash): void {
    this.close();
    this.#chosen(`/${slash.name} `);
  }

  #draw(): void {
    const options = this.#found.map((slash, i) => {
      const option = h(
        "div",
        { class: "slash", role: "option", id: `slash-${slash.name}`, "aria-selected": String(i === this.#at) },
        h("code", {}, `/${slash.name}`),
        h("span", { class: "dim" }, slash.about),
      );
      option.addEventListener("mousedown", (e) => {
        e.preventDefault(); // the focus stays where it is
        this.#choose(slash);
      });
      return option;
    });
    this.element.replaceChildren(...options);
    this.element.hidden = options.length === 0;
    const at = this.#found[this.#at];
    if (at) this.#input.setAttribute("aria-activedescendant", `slash-${at.name}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }
}
