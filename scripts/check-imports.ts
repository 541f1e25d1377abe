/** Holds the rooms apart: prints every import that the table forbids, and fails if there is one. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";

interface Rule {
  /** A room, or the start of its name up to a slash. The longest that fits holds. */
  readonly room: string;
  /** Rooms that it may import besides itself and the protocol. */
  readonly may: readonly string[];
  /** Packages that it may import; absent: any. */
  readonly packages?: readonly string[];
}

/** What reaches the clock, the disk, the network or another process: not for rooms that are pure. */
const outside = new Set(
  ["child_process", "cluster", "dgram", "dns", "fs", "fs/promises", "http", "http2", "https", "net", "sqlite", "timers"]
    .concat(["timers/promises", "tls", "worker_threads"])
    .map((name) => `node:${name}`),
);
const pure = ["server/protocol", "server/domain", "server/logic"];

const centre = ["server/domain", "server/kit"];

/** The table of ARCHITECTURE.md, *The rooms*. */
export const rules: readonly Rule[] = [
  { room: "server/protocol", may: [], packages: ["zod"] },
  { room: "server/kit", may: [] },
  { room: "server/domain", may: ["server/kit"] },
  { room: "server/logic", may: [...centre, "server/logic/usage"] },
  { room: "server/io", may: [...centre, "server/logic", "server/io/net", "server/io/store"] },
  { room: "server/gateway", may: [...centre, "server/logic"] },
  {
    room: "server/surfaces",
    may: ["server/gateway", "server/logic", ...centre, "server/io/ledger", "server/io/models", "server/io/config"],
  },
  { room: "server/lab", may: ["server/gateway", "server/logic", ...centre, "server/io/ledger"] },
  { room: "server/wiring", may: ["server"] },
  { room: "extension", may: [] },
  { room: "webview", may: [] },
];
/** These have rooms of their own inside, which may not import each other. */
const divided = ["logic", "io", "surfaces"];

const within = (name: string, prefix: string): boolean => name === prefix || name.startsWith(`${prefix}/`);

/** The room that a file of the project, named by its path from the root, lies in; null: one that has no rules. */
export function roomOf(file: string): string | null {
  const [top, second, third, fourth] = file.split("/");
  if (top === "extension" || top === "webview") return top;
  if (top !== "server" || second === undefined) return null;
  if (third === undefined) return "server/wiring"; // main.ts, daemon.ts, engine.ts, embedder.ts
  return divided.includes(second) && fourth !== undefined ? `server/${second}/${third}` : `server/${second}`;
}

/** Everything that a source imports: static, type and dynamic. The formatter puts a statement at the start of its line. */
export function importsOf(source: string): string[] {
  const found: string[] = [];
  const patterns = [
    /^\s*(?:import|export)\s(?:[^;"'`()]*?\sfrom\s*)?["']([^"'\n]+)["']/gm,
    /\bimport\(\s*["'`]([^"'`$\n]+)["'`]/g,
  ];
  for (const pattern of patterns) for (const match of source.matchAll(pattern)) found.push(match[1]!);
  return found;
}

function ruleOf(room: string): Rule | null {
  let best: Rule | null = null;
  for (const rule of rules) if (within(room, rule.room) && rule.room.length > (best?.room.length ?? 0)) best = rule;
  return best;
}

/** Why one import is forbidden, or null. `file` is a path from the root with forward slashes. */
export function judge(file: string, specifier: string): string | null {
  const room = roomOf(file);
  if (room === null) return null;
  const rule = ruleOf(room);
  if (rule === null) return `${room} is no room of the table`;
  if (!specifier.startsWith(".")) {
    if (outside.has(specifier) && pure.some((prefix) => within(room, prefix))) return `${rule.room} is pure`;
    if (specifier.startsWith("node:")) return null;
    return rule.packages === undefined || rule.packages.includes(specifier)
      ? null
      : `${rule.room} may import ${rule.packages.join(", ")} only`;
  }
  const target = posix.join(posix.dirname(file), specifier);
  const to = roomOf(target);
  if (to === null) return target === "package.json" ? null : `${rule.room} may import nothing outside the rooms`;
  if (to === room || to === "server/protocol") return null;
  if (rule.may.some((allowed) => within(to, allowed))) return null;
  return `${rule.room} may import ${["server/protocol", ...rule.may].join(", ")}`;
}

/** A way round from a room to itself over others, for each room that has one; each circle is named once. */
export function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const walk = (room: string, path: string[]): void => {
    const at = path.indexOf(room);
    if (at >= 0) cycles.push(path.slice(at).concat(room));
    else if (!done.has(room)) {
      for (const next of edges.get(room) ?? []) walk(next, path.concat(room));
      done.add(room);
    }
  };
  for (const room of edges.keys()) walk(room, []);
  return cycles;
}

function sources(root: string): string[] {
  return ["server", "extension", "webview"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[mc]?ts$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
}

/** One line for each forbidden import and each circle of rooms under `root`. */
export function findViolations(root: string): string[] {
  const found: string[] = [];
  const edges = new Map<string, Set<string>>();
  for (const file of sources(root).sort()) {
    for (const specifier of importsOf(readFileSync(join(root, file), "utf8"))) {
      const why = judge(file, specifier);
      if (why !== null) found.push(`${file}: imports "${specifier}", but ${why}`);
      const [from, to] = [
        roomOf(file),
        specifier.startsWith(".") ? roomOf(posix.join(dirname(file), specifier)) : null,
      ];
      if (from === null || to === null || from === to) continue;
      edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
  }
  for (const cycle of findCycles(edges)) found.push(`rooms in a circle: ${cycle.join(" → ")}`);
  return found;
}

if (import.meta.main) {
  const violations = findViolations(resolve(import.meta.dirname, ".."));
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
  else console.log("imports: every room keeps to its table");
}
