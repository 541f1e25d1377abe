import * as z from "zod";
import { configSchema } from "../../protocol/config.ts";
import type { Path } from "./fault.ts";
import { isTree, type Tree, valueAt } from "./tree.ts";

/** What may stand in one place: named keys, and (`open`) any others, as with the ids of models. */
export interface KnownKeys {
  readonly names: readonly string[];
  readonly open: boolean;
}

let schema: Tree | null = null; // made on first use: most starts ask nothing of it

/** The keys that the schema knows at a path of `config`. */
export function knownKeys(config: unknown, path: Path): KnownKeys {
  schema ??= z.toJSONSchema(configSchema, { io: "input" }) as Tree;
  let at: readonly Tree[] = [schema];
  path.forEach((key, i) => {
    at = at.flatMap((s) => within(s, key)).flatMap((s) => variants(s, valueAt(config, path.slice(0, i + 1))));
  });
  return {
    names: [...new Set(at.flatMap((s) => (isTree(s["properties"]) ? Object.keys(s["properties"]) : [])))],
    open: at.some((s) => isTree(s["additionalProperties"])),
  };
}

function within(s: Tree, key: string | number): Tree[] {
  const { properties, additionalProperties, items } = s;
  if (typeof key === "number") return isTree(items) ? [items] : [];
  if (isTree(properties) && Object.hasOwn(properties, key)) return [properties[key]].filter(isTree);
  return isTree(additionalProperties) ? [additionalProperties] : [];
}

/** Of a choice by `kind` the one that was made; all, when none was. */
function variants(s: Tree, value: unknown): Tree[] {
  const choices = s["oneOf"] ?? s["anyOf"];
  if (!Array.isArray(choices)) return [s];
  const all = choices.filter(isTree);
  const chosen = all.filter((c) => valueAt(c, ["properties", "kind", "const"]) === valueAt(value, ["kind"]));
  return chosen.length > 0 ? chosen : all;
}
