/** Writes what is derived from one source for a second reader; with --check says what is out of date instead. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { configSchemaFile } from "./generate/config-schema.ts";
import { contributionsFile } from "./generate/contributions.ts";

export interface Generated {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
}

const root = resolve(import.meta.dirname, "..");
const check = process.argv.includes("--check");
const stale: string[] = [];
for (const { file, text } of [configSchemaFile(), contributionsFile()]) {
  const path = resolve(root, file);
  let current = "";
  try {
    current = readFileSync(path, "utf8");
  } catch {} // not there yet
  if (current === text) continue;
  if (check) stale.push(file);
  else {
    writeFileSync(path, text);
    console.log(`wrote ${file}`);
  }
}
if (stale.length > 0) {
  console.error(`out of date, run "npm run generate": ${stale.join(", ")}`);
  process.exitCode = 1;
}
