/** Bundles everything that ships into dist/. `--watch` goes on building, `--partial` skips entry points not written yet. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build, context } from "esbuild";
import { findViolations } from "./check-imports.ts";
import { writeSentenceModel } from "./embedding.ts";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
const partial = process.argv.includes("--partial");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** CommonJS dependencies inside an ES module still call `require`. */
const requireBanner =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** Runs on any Node that knows modules, so that an old one gets a sentence and not a syntax error. */
const bin = `#!/usr/bin/env node
if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import("./server/main.js");
} else {
  console.error(\`switchyard needs Node 24 or newer; this is \${process.versions.node}. Install it from your package manager, or use the editor's own.\`);
  process.exitCode = 1;
}
`;

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  define: { __VERSION__: JSON.stringify(version) },
  legalComments: "none",
  logLevel: "warning",
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: "linked",
  sourcesContent: false,
};
const node: BuildOptions = {
  ...shared,
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"], // jsonc-parser's main hides its requires
  external: ["node-llama-cpp", "vscode"],
};

const targets: BuildOptions[] = [
  {
    ...node,
    entryPoints: { main: "server/main.ts" },
    outdir: "dist/server",
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    banner: { js: requireBanner },
  },
  {
    ...node,
    entryPoints: { engine: "server/engine.ts" },
    outdir: "dist",
    format: "esm",
    banner: { js: requireBanner },
  },
  {
    ...node,
    entryPoints: { embedder: "server/embedder.ts" },
    outdir: "dist/server",
    format: "esm",
    external: ["node-fetch"], // the model's library would download with it; there is nothing to download
    // It looks for its wasm files in the folder that it believes to lie in.
    banner: { js: `${requireBanner} const __dirname = import.meta.dirname + "/embedding";` },
  },
  {
    ...node,
    entryPoints: { extension: "extension/main.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  },
  ...webviews().map((name) => ({
    ...shared,
    entryPoints: { [name]: `webview/${name}/main.ts` },
    outdir: "dist/webview",
    format: "iife" as const,
    platform: "browser" as const,
    target: "es2024",
    loader: { ".svg": "dataurl" as const },
  })),
];

/** Every folder of webview/ with a page of its own; the others are shared by them. */
function webviews(): string[] {
  return readdirSync(join(root, "webview"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, "webview", entry.name, "main.ts")))
    .map((entry) => entry.name);
}

/** The embedded engine's own manifest and lock: what an install into the user's data folder starts from. */
function copyEnginePackage(): void {
  mkdirSync(join(dist, "engine-package"), { recursive: true });
  for (const file of ["package.json", "package-lock.json"])
    cpSync(join(root, "scripts/engine", file), join(dist, "engine-package", file));
}

function entryOf(target: BuildOptions): string {
  return Object.values(target.entryPoints as Record<string, string>)[0]!;
}

const violations = findViolations(root);
if (violations.length > 0) {
  for (const violation of violations) console.error(violation);
  console.error(`build: ${violations.length} forbidden imports; the table is in scripts/check-imports.ts`);
  process.exit(1);
}

rmSync(dist, { recursive: true, force: true });
const ready = targets.filter((target) => {
  const there = existsSync(join(root, entryOf(target)));
  if (!there) console.error(`build: ${entryOf(target)} is not there${partial ? ", skipped" : ""}`);
  return there;
});
if (ready.length < targets.length && !partial) process.exit(1);

if (process.argv.includes("--watch")) {
  for (const target of ready) await (await context({ ...target, logLevel: "info" })).watch();
} else {
  const built = await Promise.allSettled(ready.map((target) => build(target))); // esbuild prints what is wrong
  if (built.some((result) => result.status === "rejected")) process.exitCode = 1;
}
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "switchyard.js"), bin);
chmodSync(join(dist, "switchyard.js"), 0o755);
writeSentenceModel(root, join(dist, "server/embedding"));
cpSync(join(root, "server/logic/routing/classifier/weights.bin"), join(dist, "server/classifier.bin"));
if (existsSync(join(root, "scripts/engine/package-lock.json"))) copyEnginePackage();
else if (!partial) throw new Error("build: scripts/engine has no package-lock.json");
