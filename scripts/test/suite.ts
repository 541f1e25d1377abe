/** `suite.ts RESULT FILE…`: runs mocha over the files, prints as it goes, and writes what came of them to RESULT. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import Mocha from "mocha";

export interface Counts {
  readonly passed: number;
  /** Titles. */
  readonly failed: string[];
  /** Reasons, and how many tests each held back. */
  readonly skipped: Record<string, number>;
}

/** A test or suite that was skipped says why in `skipReason`, see test/support/skip.ts. */
interface Reasoned {
  skipReason?: string;
  parent?: Reasoned | undefined;
}

function reasonOf(test: Reasoned): string {
  for (let at: Reasoned | undefined = test; at; at = at.parent) if (at.skipReason !== undefined) return at.skipReason;
  return "no reason given";
}

const root = resolve(import.meta.dirname, "../..");
const [output, ...files] = process.argv.slice(2);
const options = JSON.parse(readFileSync(resolve(root, "test/mocha.json"), "utf8")) as Mocha.MochaOptions;
const mocha = new Mocha({ ...options, reporter: "spec" });
for (const file of files) mocha.addFile(resolve(root, file));
await mocha.loadFilesAsync();

const failed: string[] = [];
const skipped: Record<string, number> = {};
let passed = 0;
const runner = mocha.run((failures) => {
  writeFileSync(output!, JSON.stringify({ passed, failed, skipped } satisfies Counts));
  process.exitCode = failures > 0 ? 1 : 0;
});
runner.on("pass", () => passed++);
runner.on("fail", (test) => failed.push(test.fullTitle()));
runner.on("pending", (test) => {
  const reason = reasonOf(test as Reasoned);
  skipped[reason] = (skipped[reason] ?? 0) + 1;
});
