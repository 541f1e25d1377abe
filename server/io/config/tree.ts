import type { Path } from "./fault.ts";

/** Nested settings as they come, before anything is known of them. */
export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What stands at a path; undefined: nothing. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (Array.isArray(at) && typeof key === "number") at = at[key];
    else if (isTree(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

/** The later wins, key by key; a list replaces a list. */
export function merge(under: Tree, over: Tree): Tree {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isTree(value) ? merge(isTree(below) ? below : {}, value) : value;
  }
  return merged;
}

/** Sets a value, making what is missing on the way. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (isTree(next)) at = next;
    else {
      const made: Tree = {};
      at[key] = made;
      at = made;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

/** Every value that holds no others, with its path. An empty object or a list counts as one value. */
export function* leavesOf(value: unknown, path: readonly string[] = []): Iterable<[readonly string[], unknown]> {
  if (!isTree(value) || Object.keys(value).length === 0) {
    if (path.length > 0 && value !== undefined) yield [path, value];
    return;
  }
  for (const [key, part] of Object.entries(value)) yield* leavesOf(part, [...path, key]);
}
