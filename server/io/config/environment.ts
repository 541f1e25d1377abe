import { notYet } from "../../protocol/config.ts";
import { pathText } from "./fault.ts";
import { knownKeys } from "./keys.ts";
import { isTree, merge, setAt, type Tree, valueAt } from "./tree.ts";

export interface Overrides {
  readonly tree: Tree;
  /** The variable behind each path, by its text. */
  readonly variables: ReadonlyMap<string, string>;
}

const prefix = "SWITCHYARD_";

/**
 * `SWITCHYARD_ROUTING__QUALITY=0.7` sets routing.quality: keys joined by `__`, in any case and with or without underscores;
 * the value is JSON where it parses, else text. A name without `__` is no setting, and an empty value is none.
 */
export function readEnvironment(env: NodeJS.ProcessEnv, file: Tree): Overrides {
  const tree: Tree = {};
  const variables = new Map<string, string>();
  for (const name of Object.keys(env).sort()) {
    const value = env[name];
    if (!name.toUpperCase().startsWith(prefix) || !value) continue;
    const segments = name.slice(prefix.length).split("__");
    if (segments.length < 2 || segments.includes("")) continue;
    const path: string[] = [];
    for (const segment of segments) path.push(keyFor(segment, path, merge(file, tree)));
    setAt(tree, path, fromText(value));
    variables.set(pathText(path), name);
  }
  return { tree, variables };
}

/** The key that a segment means: one that is known or set here; else an id, in small letters. */
function keyFor(segment: string, path: readonly string[], config: Tree): string {
  const here = valueAt(config, path);
  const known = [...knownKeys(config, path).names, ...(isTree(here) ? Object.keys(here) : []), ...laterKeys(path)];
  return known.find((k) => plain(k) === plain(segment)) ?? segment.toLowerCase();
}

/** Keys that a later version makes real: known well enough to be refused by their name. */
const laterKeys = (path: readonly string[]): string[] =>
  notYet.flatMap((p) => {
    const keys = p.split("=")[0]!.split(".");
    return keys.length === path.length + 1 && path.every((k, i) => k === keys[i]) ? [keys.at(-1)!] : [];
  });

const plain = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, "");

function fromText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON: plain text
  }
}
