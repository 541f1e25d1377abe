import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vsixPath } from "../../scripts/package.ts";
import { type Bench, inRounds, type Row, row } from "./row.ts";

const root = join(import.meta.dirname, "../..");
const extension = join(root, "dist/extension.cjs");
const rounds = 9;

/** Loads a file the way the extension host does, with a stand-in for `vscode`, and prints the milliseconds that took. */
const loader = `
const Module = require("node:module");
const anything = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : anything),
  getPrototypeOf: () => anything, // bundles copy a module onto a child of its prototype
  apply: () => anything,
  construct: () => anything,
});
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? anything : load(name, ...rest));
const begun = performance.now();
require(process.argv[1]);
console.log(performance.now() - begun);
process.exit(0);
`;

/** What an editor has to fetch and to load. Its own figure for activation is in the log of the workbench tests. */
export const vsix: Bench = {
  name: "vsix",
  about: "size of the package; time to load the extension's code, against an empty module",
  run: async () => {
    const rows: Row[] = [];
    if (existsSync(join(root, "scripts/workbench/node_modules/@vscode/vsce"))) {
      execFileSync(process.execPath, ["scripts/package.ts"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
      rows.push(row("vsix.size", "MB", [statSync(vsixPath()).size / 1e6]));
    } else console.log("  vsix.size is left out: the packager is not installed (npm ci --prefix scripts/workbench)");
    rows.push(row("vsix.extension", "kB", [statSync(extension).size / 1e3]));

    const folder = mkdtempSync(join(tmpdir(), "sy-"));
    try {
      const empty = join(folder, "empty.cjs");
      writeFileSync(empty, "exports.activate = () => {};\n");
      const time = async (file: string) =>
        Number(execFileSync(process.execPath, ["-e", loader, file], { encoding: "utf8" }));
      const took = await inRounds(rounds, { extension: () => time(extension), empty: () => time(empty) });
      rows.push(row("vsix.load", "ms", took.extension, { name: "empty module", values: took.empty }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return rows;
  },
};
