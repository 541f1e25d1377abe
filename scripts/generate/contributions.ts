/** package.json's part for VS Code, from extension/contributions.ts; everything else in the file stays as it is. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { activationEvents, capabilities, contributes } from "../../extension/contributions.ts";
import type { Generated } from "../generate.ts";

const file = "package.json";

export function contributionsFile(): Generated {
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../..", file), "utf8")) as object;
  return { file, text: `${JSON.stringify({ ...manifest, activationEvents, capabilities, contributes }, null, 2)}\n` };
}
