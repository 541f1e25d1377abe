import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Path } from "./fault.ts";

/** A file of JSON with comments: its value, and where in the text each part stands. */
export interface Document {
  readonly value: unknown;
  /** What is wrong with the text itself, in its order. */
  readonly errors: readonly { readonly path: Path | null; readonly offset: number; readonly reason: string }[];
  /** Line and column, from 1, of a value (of its name with `name`); of the nearest one around it when it isn't there. */
  locate(path: Path, name?: "name"): Position;
  position(offset: number): Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export function parseDocument(raw: string): Document {
  const text = raw.replace(/^\uFEFF/, "");
  const found: ParseError[] = [];
  const root = parseTree(text, found, { allowTrailingComma: true, allowEmptyContent: true, disallowComments: false });
  const errors: { path: Path | null; offset: number; reason: string }[] = found.map((e) => ({
    path: null,
    offset: e.offset,
    reason: `this isn't JSON with comments: ${sentence(printParseErrorCode(e.error))}`,
  }));
  const position = (offset: number): Position => {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length, column: before.at(-1)!.length + 1 };
  };
  const value = root ? toValue(root, [], (path, offset, reason) => void errors.push({ path, offset, reason })) : {};
  return {
    value,
    errors,
    position,
    locate(path, name) {
      if (!root) return position(0);
      for (let length = path.length; length > 0; length--) {
        const node = findNodeAtLocation(root, path.slice(0, length));
        if (node) return position(name && length === path.length ? nameOf(node).offset : node.offset);
      }
      return position(root.offset);
    },
  };
}

const nameOf = (value: Node): Node => (value.parent?.type === "property" ? value.parent.children![0]! : value);

/** `PropertyNameExpected` → `property name expected` */
const sentence = (code: string): string => code.replace(/(?<=.)([A-Z])/g, " $1").toLowerCase();

type Complain = (path: Path, offset: number, reason: string) => void;

function toValue(node: Node, path: Path, complain: Complain): unknown {
  if (node.type === "array") return (node.children ?? []).map((c, i) => toValue(c, [...path, i], complain));
  if (node.type !== "object") return node.value as unknown;
  const object: Record<string, unknown> = {};
  for (const property of node.children ?? []) {
    const [name, value] = property.children ?? [];
    if (!name || !value) continue; // an error of the text, listed already
    const key = String(name.value);
    const at = [...path, key];
    if (key === "__proto__") complain(at, name.offset, "this can't be the name of anything; choose another");
    else if (Object.hasOwn(object, key)) complain(at, name.offset, "this is set twice; keep one of them");
    else object[key] = toValue(value, at, complain);
  }
  return object;
}
