import { names } from "./names.ts";
import { negations, prepositions, quantities } from "./words.ts";

/** Says what kind of thing differs; only for people who read it. */
export function reasonOf(a: string, b: string): string {
  const kind = kindOf(a) ?? kindOf(b) ?? "word";
  return `${kind}: ${shown(a)} / ${shown(b)}`.slice(0, 120);
}

function kindOf(key: string): string | null {
  if (key.startsWith("?")) return "intent";
  if (key.startsWith('"') || key.startsWith("'")) return "quote";
  if (key.startsWith("`") || key.includes("\n")) return "code";
  if (/^[-+]?[\d.]*\d/.test(key)) return "number";
  if (key.startsWith("version ")) return "version";
  const name = names.get(key);
  if (name !== undefined) return name.kind;
  if (negations.has(key)) return "negation";
  if (quantities.has(key)) return "quantity";
  if (prepositions.has(key)) return "direction";
  return /[^a-z]/.test(key) ? "identifier" : null;
}

const shown = (key: string): string => (key === "" ? "none" : key.replace(/^[?"'`]/, ""));
