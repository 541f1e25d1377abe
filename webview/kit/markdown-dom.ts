import { copyButton } from "./copy.ts";
import { h } from "./dom.ts";
import { icon } from "./icons.ts";
import { normal, type Piece, settle, words } from "./markdown.ts";

/** What a reader can do with an answer's code and links. */
export interface Reader {
  /** True once the text is on the clipboard. */
  copy(text: string): Promise<boolean>;
  insert(text: string): void;
  open(url: string): void;
}

/** An answer that grows: finished blocks are built once, the last one again at each painting. */
export class GrowingMarkdown {
  readonly element = h("div", { class: "markdown" });
  readonly #reader: Reader;
  readonly #finished: (text: string) => void;
  #open: Node[] = [];
  #codeAtEnd: { text: Text; language: string } | null = null;
  #source = "";
  #rest = "";
  #refs = false;

  /** `finished` gets the words of each block that won't change any more. */
  constructor(reader: Reader, finished: (text: string) => void = () => {}) {
    this.#reader = reader;
    this.#finished = finished;
  }

  add(text: string): void {
    const more = normal(text);
    this.#source += more;
    const { done, rest, open, refs } = settle(this.#rest + more);
    this.#rest = rest;
    this.#refs ||= refs;
    if (done.length === 0 && this.#growCode(open)) return;
    for (const node of this.#open) node.parentNode?.removeChild(node);
    if (done.length > 0) {
      this.element.append(...done.map((p) => build(p, this.#reader)));
      this.#finished(done.map(words).join(" "));
    }
    this.#open = open.map((p) => build(p, this.#reader));
    this.element.append(...this.#open);
    this.#codeAtEnd = codeAtEnd(open, this.#open);
  }

  /** The text is whole. A link's address may have come after the link, so such a text is read once more. */
  end(): void {
    this.#finished(settle(this.#rest).open.map(words).join(" "));
    if (!this.#refs) return;
    this.element.replaceChildren(...settle(`${this.#source}\n`).done.map((p) => build(p, this.#reader)));
    this.element.append(...settle(`${this.#source}\n`).open.map((p) => build(p, this.#reader)));
  }

  /** Code that only got longer keeps its element, and with it a selection and the focus of its buttons. */
  #growCode(open: readonly Piece[]): boolean {
    const [piece] = open;
    const at = this.#codeAtEnd;
    if (!at || open.length !== 1 || typeof piece !== "object" || !("code" in piece)) return false;
    if (piece.language !== at.language || !piece.code.startsWith(at.text.data)) return false;
    at.text.appendData(piece.code.slice(at.text.data.length));
    return true;
  }
}

function codeAtEnd(open: readonly Piece[], nodes: readonly Node[]): { text: Text; language: string } | null {
  const piece = open[0];
  if (open.length !== 1 || typeof piece !== "object" || !("code" in piece)) return null;
  const text = (nodes[0] as Element).querySelector("code")?.firstChild;
  return text instanceof Text ? { text, language: piece.language } : null;
}

function build(piece: Piece, reader: Reader): Node {
  if (typeof piece === "string") return document.createTextNode(piece);
  if ("code" in piece) return codeBlock(piece.code, piece.language, reader);
  const children = piece.children.map((p) => build(p, reader));
  if ("url" in piece) {
    const follow = (e: Event): void => {
      e.preventDefault();
      reader.open(piece.url);
    };
    // The address is shown before it is followed; the page itself never goes anywhere.
    return h("a", { href: piece.url, title: piece.title ?? piece.url, onclick: follow }, ...children);
  }
  const element = h(piece.tag, piece.attributes, ...children);
  return piece.tag === "table" ? h("div", { class: "scrolls", tabindex: "0" }, element) : element;
}

function codeBlock(code: string, language: string, reader: Reader): HTMLElement {
  const text = document.createTextNode(code);
  const copy = copyButton("quiet", "Copy", () => reader.copy(text.data));
  copy.title = "Copy this code";
  const insert = h(
    "button",
    {
      type: "button",
      class: "quiet",
      title: "Insert at the cursor of the editor",
      onclick: () => reader.insert(text.data),
    },
    icon("insert"),
    "Insert",
  );
  return h(
    "figure",
    { class: "code", role: "group", "aria-label": language ? `${language} code` : "code" },
    h(
      "figcaption",
      {},
      h("span", { class: "language" }, language || "text"),
      h("span", { class: "actions" }, copy, insert),
    ),
    h("pre", { tabindex: "0" }, h("code", {}, text)),
  );
}
