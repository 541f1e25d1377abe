import type * as z from "zod";
import { type Config, pricesSchema } from "../../protocol/config.ts";
import { complaintsOf } from "./check.ts";
import { parseDocument } from "./document.ts";
import { ConfigFault, type Flaw, pathText } from "./fault.ts";
import { readConfigFile } from "./load.ts";
import { nearest } from "./nearest.ts";
import { missing } from "./overlay.ts";
import { isTree } from "./tree.ts";

/** As the configuration has them: US dollars per million tokens. */
export type PriceList = Readonly<Record<string, z.infer<typeof pricesSchema>>>;

/**
 * Reads a file of prices, `{ "MODEL": { "input": …, "cachedInput": …, "output": … } }`, JSON with comments, for models among
 * `known`. Throws a ConfigFault that lists everything wrong.
 */
export function readPrices(file: string, known: readonly string[]): PriceList {
  const text = readConfigFile(file);
  if (text === null) throw missing(file);
  const document = parseDocument(text);
  const flaws: Flaw[] = [];
  const complain = (field: string | null, reason: string, place: { line: number; column: number }): void =>
    void flaws.push({ field, reason, source: "file", variable: null, ...place });
  for (const e of document.errors) complain(e.path && pathText(e.path), e.reason, document.position(e.offset));
  const list: Record<string, z.infer<typeof pricesSchema>> = {};
  if (flaws.length === 0 && !isTree(document.value)) complain(null, "must hold an object: { … }", document.position(0));
  for (const [id, prices] of Object.entries(flaws.length === 0 && isTree(document.value) ? document.value : {})) {
    if (!known.includes(id)) {
      const near = nearest(id, known);
      const reason = `there is no model of this name${near === null ? "; the configuration names them" : `; did you mean "${near}"?`}`;
      complain(pathText([id]), reason, document.locate([id], "name"));
      continue;
    }
    const parsed = pricesSchema.safeParse(prices);
    if (parsed.success) list[id] = parsed.data;
    // Told as of the configuration, where the same stands a little deeper.
    const at = ["models", id, "prices"];
    for (const issue of parsed.error?.issues ?? [])
      for (const c of complaintsOf({ ...issue, path: [...at, ...issue.path] }, { models: { [id]: { prices } } })) {
        const path = c.path.slice(2).with(0, id);
        complain(pathText(path), c.reason, document.locate(path, c.name ? "name" : undefined));
      }
  }
  const [first, ...others] = flaws;
  if (first) throw new ConfigFault(file, [first, ...others]);
  return list;
}

/** The configuration with these prices in place of its own; models that it hasn't are passed over. */
export function withPrices(config: Config, prices: PriceList): Config {
  const models = Object.entries(config.models).map(([id, m]) => [id, prices[id] ? { ...m, prices: prices[id] } : m]);
  return { ...config, models: Object.fromEntries(models) };
}
