import { h } from "./dom.ts";
import { icon } from "./icons.ts";

/** A button that copies, and says so once the text is on the clipboard. `copy` is true when it is. */
export function copyButton(
  className: "quiet" | "secondary",
  label: string,
  copy: () => Promise<boolean>,
): HTMLButtonElement {
  const button = h("button", { type: "button", class: className }, icon("copy"), label);
  button.addEventListener("click", async () => {
    if (!(await copy())) return;
    button.replaceChildren(icon("check"), "Copied");
    setTimeout(() => button.replaceChildren(icon("copy"), label), 1500);
  });
  return button;
}
