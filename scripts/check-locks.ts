/**
 * Every lock must name every optional package, or `npm ci` refuses it. `npm install` leaves out those that its registry
 * doesn't have, such as another platform's binaries on a partial mirror; with --write they are put back.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
export interface Lock {
  packages: Record<string, Entry>;
}

export const locks = ["package-lock.json", "scripts/workbench/package-lock.json", "scripts/engine/package-lock.json"];

/** Optional packages at an exact version that `lock` asks for and lacks. */
export function missingFrom(lock: Lock): { key: string; entry: Entry }[] {
  const missing = new Map<string, Entry>();
  for (const [path, { dev, optionalDependencies }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      if (foundFrom(path, name, lock) || !/^\d/.test(version)) continue;
      const os = /android|darwin|linux|win32|win(?=-)/.exec(name)?.[0].replace(/^win$/, "win32");
      const cpu = /arm64|x64/.exec(name)?.[0];
      missing.set(`node_modules/${name}`, {
        version,
        ...(cpu ? { cpu: [cpu] } : {}),
        ...(dev ? { dev } : {}),
        ...(name.endsWith("-musl") ? { libc: ["musl"] } : {}),
        optional: true,
        ...(os ? { os: [os] } : {}),
      });
    }
  }
  return [...missing].map(([key, entry]) => ({ key, entry }));
}

/** Whether a package at `path` finds `name` in its own or an outer node_modules. */
function foundFrom(path: string, name: string, lock: Lock): boolean {
  const parts = path === "" ? [] : path.split("/node_modules/");
  for (let depth = parts.length; depth >= 0; depth--) {
    const folder = parts.slice(0, depth).join("/node_modules/");
    if (lock.packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`] !== undefined) return true;
  }
  return false;
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, "..");
  for (const file of locks) {
    const path = join(root, file);
    const lock = JSON.parse(readFileSync(path, "utf8")) as Lock;
    const missing = missingFrom(lock);
    if (missing.length === 0) continue;
    if (!process.argv.includes("--write")) {
      console.error(
        `${file} lacks ${missing.map(({ key }) => key).join(", ")}: run "node scripts/check-locks.ts --write"`,
      );
      process.exitCode = 1;
      continue;
    }
    for (const { key, entry } of missing) lock.packages[key] = entry;
    const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
    lock.packages = Object.fromEntries(sorted);
    writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`${file}: put back ${missing.length}`);
  }
}
