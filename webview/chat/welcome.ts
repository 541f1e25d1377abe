import type { Link, ModelChoice } from "../../server/protocol/webview.ts";
import { h } from "../kit/dom.ts";

const examples = [
  "Explain what a race condition is, with a short example.",
  "Write a TypeScript function that groups an array by a key.",
  "How do I undo the last git commit but keep its changes?",
] as const;

/** What stands where no conversation is yet: what this is, which model would answer, and something to try. */
export function welcome(models: readonly ModelChoice[], link: Link, ask: (question: string) => void): HTMLElement {
  const names = models.map((m) => m.id);
  const who =
    names.length === 0
      ? null
      : names.length === 1
        ? `${names[0]} will answer.`
        : `Choosing among ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}.`;
  return h(
    "div",
    { class: "welcome" },
    h("h2", {}, "Ask, and the right model answers"),
    h(
      "p",
      { class: "dim" },
      "Each question goes to the cheapest of your models that will answer it well. Under each answer you see which, how long it took and what it cost.",
    ),
    who ? h("p", { class: "who" }, who) : null,
    link.able
      ? h(
          "ul",
          { class: "examples", "aria-label": "Examples" },
          ...examples.map((text) =>
            h("li", {}, h("button", { type: "button", class: "example", onclick: () => ask(text) }, text)),
          ),
        )
      : null,
  );
}
