/** Makes dist/switchyard-VERSION.vsix of what `npm run build` left in dist/. */
import { execFileSync } from "node:child_process";
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
  for (const [path, remedy] of [
    [vsce, "npm ci --prefix scripts/workbench"],
    [join(root, "dist/extension.cjs"), "npm run build"],
  ] as const)
    if (!existsSync(path)) throw new Error(`package: ${path} is not there; run "${remedy}"`);
  const out = vsixPath();
  execFileSync(
    process.execPath,
    [vsce, "package", "--no-dependencies", "--allow-missing-repository", "--no-update-package-json", "--out", out],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  console.log(`${out} ${(statSync(out).size / 1e6).toFixed(2)} MB`);
}
