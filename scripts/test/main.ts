/** Builds, checks, and runs the suites, each in a process of its own; ends with one line of counts. */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { commandLine, endAll, gone, pidsNaming } from "../host/processes.ts";
import type { Counts } from "./suite.ts";

const root = resolve(import.meta.dirname, "../..");
const suites = ["unit", "integration", "workbench"] as const;
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite === name));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(", ")}; there are ${suites.join(", ")}`);
  process.exit(2);
}
const chosen = suites.filter((suite) => asked.length === 0 || asked.includes(suite));
const missing = JSON.parse(process.env["SWITCHYARD_MISSING"] ?? "{}") as Record<string, string>;

const total = { passed: 0, failed: 0, skipped: new Map<string, number>() };
const failures: string[] = [];
const results = join(root, "test-results");
mkdirSync(results, { recursive: true });
/** Everything that the tests start has this path in its environment or command line: that is how what is left is found. */
const temp = mkdtempSync(join(tmpdir(), "sy"));

function fail(what: string): void {
  total.failed++;
  failures.push(what);
}

/** One step before the suites, counted as a test. */
function step(name: string, args: readonly string[]): boolean {
  const began = performance.now();
  const { status } = spawnSync(args[0]!, args.slice(1), {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  console.log(`${status === 0 ? "✔" : "✘"} ${name} (${seconds(began)})`);
  if (status === 0) total.passed++;
  else fail(name);
  return status === 0;
}

function suite(name: (typeof suites)[number]): void {
  const began = performance.now();
  const output = join(results, `${name}.json`);
  rmSync(output, { force: true });
  const files = globSync(`test/${name}/**/*.test.ts`, { cwd: root }).sort();
  console.log(`\n── ${name}: ${files.length} files`);
  const { status } = spawnSync(process.execPath, ["scripts/test/suite.ts", output, ...files], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TMPDIR: temp, TEMP: temp, TMP: temp },
  });
  try {
    const counts = JSON.parse(readFileSync(output, "utf8")) as Counts;
    total.passed += counts.passed;
    total.failed += counts.failed.length;
    failures.push(...counts.failed.map((title) => `${name}: ${title}`));
    for (const [reason, count] of Object.entries(counts.skipped))
      total.skipped.set(reason, (total.skipped.get(reason) ?? 0) + count);
    if (counts.failed.length === 0 && status !== 0) fail(`${name}: ended with ${status}`);
  } catch {
    fail(`${name}: ended with ${status} before its results were written`);
  }
  console.log(`── ${name}: ${seconds(began)}`);
}

/** What a whole suite lacks, for a person; null: nothing. */
function lack(name: (typeof suites)[number]): string | null {
  if (name !== "workbench") return null;
  return missing["workbench"] ?? missing["browser"] ?? null;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

const began = performance.now();
const built = step("build", ["node", "scripts/build.ts"]);
step("types", ["tsc", "-p", "."]);
step("types of the webviews", ["tsc", "-p", "webview"]);
step("lint and format", ["biome", "check", "."]);
step("imports between rooms", ["node", "scripts/check-imports.ts"]);
step("lock files", ["node", "scripts/check-locks.ts"]);
step("generated files", ["node", "scripts/generate.ts", "--check"]);
for (const name of chosen) {
  const reason = lack(name);
  if (reason !== null)
    total.skipped.set(`${name}: ${reason}`, globSync(`test/${name}/**/*.test.ts`, { cwd: root }).length);
  else if (name === "unit" || built) {
    if (name === "workbench" && !step("package", ["node", "scripts/package.ts"])) continue;
    suite(name);
  }
}

const left = await gone(() => pidsNaming(temp), 30_000);
if (left.length > 0) {
  fail(`processes left behind: ${left.map((pid) => `${pid} ${commandLine(pid)}`).join("; ")}`);
  await endAll(() => pidsNaming(temp), 2_000);
}
rmSync(temp, { recursive: true, force: true, maxRetries: 5 });

const skipped = [...total.skipped.values()].reduce((sum, count) => sum + count, 0);
console.log(`\n${seconds(began)}`);
for (const failure of failures) console.log(`failed: ${failure}`);
for (const [reason, count] of total.skipped) console.log(`skipped: ${count} × ${reason}`);
if (process.env["CI"] === "true" && skipped > 0) console.log("in CI nothing may be skipped");
console.log(`${total.passed} passed, ${total.failed} failed, ${skipped} skipped`);
process.exitCode = total.failed > 0 || (process.env["CI"] === "true" && skipped > 0) ? 1 : 0;
