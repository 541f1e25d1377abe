import type { Config } from "../../protocol/config.ts";
import { parseDocument } from "./document.ts";
import { ConfigFault } from "./fault.ts";
import { type Loaded, loadConfig, readConfigFile } from "./load.ts";
import { isTree, merge } from "./tree.ts";

/**
 * The configuration that a second file makes of one in force. A file that names providers is a whole configuration and stands
 * by itself; any other is laid over what the first file and the environment set, section by section and key by key, and a list
 * replaces a list. Throws a ConfigFault for a file that is bad, missing or unreadable.
 */
export function overlaid(inForce: Loaded, file: string): Config {
  const text = readConfigFile(file);
  if (text === null) throw missing(file);
  const { value } = parseDocument(text);
  const whole = isTree(value) && Object.hasOwn(value, "providers");
  const { layers } = inForce;
  const under = whole ? {} : [layers.file, layers.environment, layers.flag].reduce(merge);
  return loadConfig(file, text, {}, {}, under).config;
}

export const missing = (file: string): ConfigFault =>
  new ConfigFault(file, [
    {
      field: null,
      reason: "there is no such file. Name one that exists",
      source: "file",
      variable: null,
      line: null,
      column: null,
    },
  ]);
