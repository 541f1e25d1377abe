/** Makes dist/switchyard-VERSION.vsix of what `npm run build` left in dist/. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const vsce = join(root, "scripts/workbench/node_modules/@vscode/vsce/vsce");

/** The path of the vsix that packaging writes. */
export function vsixPath(): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return join(root, "dist", `switchyard-${version}.vsix`);
}

if (import.meta.main) {
  const lacks = [
    { path: vsce, remedy: "node scripts/setup.mjs" },
    { path: join(root, "dist/extension.cjs"), remedy: "npm run build" },
  ].find(({ path }) => !existsSync(path));
  if (lacks) {
    console.error(`package: ${lacks.path} is not there; run "${lacks.remedy}"`);
    process.exit(1);
  }
  const out = vsixPath();
  const { status, stdout } = spawnSync(
    process.execPath,
    [vsce, "package", "--no-dependencies", "--allow-missing-repository", "--no-update-package-json", "--out", out],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
  );
  if (status !== 0) {
    console.error(stdout);
    process.exit(1);
  }
  console.log(`${out} ${(statSync(out).size / 1e6).toFixed(2)} MB`);
}
