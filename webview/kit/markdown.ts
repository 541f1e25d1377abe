import { lexer, type MarkedToken, type Token } from "marked";
import { entities } from "./entities.ts";

/**
 * Markdown as a tree of known pieces. There is no HTML on the way: what a model writes as HTML stays text, a link is http
 * or https or no link, and a picture is a link to it. So a page can be built of it without a sanitiser.
 */
export type Piece = string | Box | { readonly code: string; readonly language: string } | LinkPiece;
export interface Box {
  readonly tag: (typeof tags)[number];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children: readonly Piece[];
}
export interface LinkPiece {
  readonly url: string;
  readonly title: string | null;
  readonly children: readonly Piece[];
}

export const tags = [
  ...(["p", "br", "hr", "blockquote", "ul", "ol", "li", "strong", "em", "del", "code"] as const),
  ...(["h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"] as const),
] as const;

export const parse = (source: string): readonly Piece[] => pieces(lexer(normal(source), { gfm: true }));

/**
 * What of a text that still grows is final, and the rest. The last block may change with the next character (a list goes
 * on, a paragraph becomes a heading), and so may the one before while the last has no whole line yet ("3" may become
 * "3. an item"). Reading only the rest again keeps a long answer cheap.
 */
export function settle(source: string): {
  done: readonly Piece[];
  rest: string;
  open: readonly Piece[];
  refs: boolean;
} {
  const tokens = lexer(source, { gfm: true });
  const before = (i: number): number => {
    while (i > 0 && tokens[i]?.type === "space") i--;
    return Math.max(0, i);
  };
  let first = before(tokens.length - 1);
  if (!tokens[first]?.raw.includes("\n") && !tokens[first + 1]) first = before(first - 1);
  const done = tokens.slice(0, first);
  const length = done.reduce((n, t) => n + t.raw.length, 0);
  return {
    done: pieces(done),
    rest: source.slice(length),
    open: pieces(tokens.slice(first)),
    refs: tokens.some((t) => t.type === "def"),
  };
}

/** Line ends as the reader wants them, so that lengths agree. */
export const normal = (source: string): string => source.replace(/\r\n?/g, "\n");

/** Http or https, with a host: everything else is no link. */
export function safeUrl(href: string): string | null {
  try {
    const url = new URL(href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null; // relative, or no URL at all
  }
}

/** The words of a piece, for those who listen. */
export function words(piece: Piece): string {
  if (typeof piece === "string") return piece;
  if ("code" in piece) return `Code${piece.language ? ` in ${piece.language}` : ""}, ${lines(piece.code)}.`;
  const text = piece.children.map(words).join("");
  return "tag" in piece && (piece.tag === "li" || piece.tag === "tr" || piece.tag === "td") ? `${text} ` : text;
}

const lines = (code: string): string => {
  const n = code.split("\n").length;
  return n === 1 ? "1 line" : `${n} lines`;
};

const pieces = (tokens: readonly Token[] | undefined): Piece[] =>
  (tokens ?? []).flatMap((t) => piece(t as MarkedToken)).filter((p) => p !== "");

const box = (tag: Box["tag"], children: readonly Piece[], attributes?: Record<string, string>): Box =>
  attributes ? { tag, children, attributes } : { tag, children };

function piece(token: MarkedToken): Piece | Piece[] {
  switch (token.type) {
    case "space":
    case "def":
      return [];
    case "paragraph":
      return box("p", pieces(token.tokens));
    case "heading":
      return box(`h${Math.min(6, Math.max(1, token.depth))}` as Box["tag"], pieces(token.tokens));
    case "code":
      return { code: token.text, language: (token.lang ?? "").trim().split(/\s+/)[0] ?? "" };
    case "blockquote":
      return box("blockquote", pieces(token.tokens));
    case "hr":
      return box("hr", []);
    case "list": {
      const start = token.ordered && typeof token.start === "number" && token.start !== 1 ? String(token.start) : null;
      return box(token.ordered ? "ol" : "ul", token.items.flatMap(piece), start === null ? undefined : { start });
    }
    case "list_item":
      return box("li", pieces(token.tokens));
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table": {
      const cell = (tag: "th" | "td", c: (typeof token.header)[number]): Piece =>
        box(tag, pieces(c.tokens), c.align ? { class: `align-${c.align}` } : undefined);
      return box("table", [
        box("thead", [
          box(
            "tr",
            token.header.map((c) => cell("th", c)),
          ),
        ]),
        box(
          "tbody",
          token.rows.map((row) =>
            box(
              "tr",
              row.map((c) => cell("td", c)),
            ),
          ),
        ),
      ]);
    }
    case "html":
      if (/^<br\s*\/?>$/i.test(token.raw.trim())) return box("br", []);
      return token.block ? box("p", [token.raw.trimEnd()], { class: "raw" }) : token.raw;
    case "strong":
    case "em":
    case "del":
      return box(token.type, pieces(token.tokens));
    case "codespan":
      return box("code", [token.text]);
    case "br":
      return box("br", []);
    case "link":
      return link(token.autolink ? token.href : entities(token.href), token.title ?? null, pieces(token.tokens));
    case "image":
      return link(entities(token.href), token.title, [`image: ${token.text || token.href}`]);
    case "escape":
      return token.text;
    case "text":
      return token.tokens ? pieces(token.tokens) : entities(token.text);
  }
}

/** What can't be followed stays to be read, with its address. */
function link(href: string, title: string | null, children: readonly Piece[]): Piece | Piece[] {
  const url = safeUrl(href);
  if (url !== null) return { url, title, children };
  return href === "" || children.map(words).join("") === href ? [...children] : [...children, ` (${href})`];
}
