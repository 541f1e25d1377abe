import { readFileSync } from "node:fs";
import { messageOf } from "../../kit/log.ts";
import type { Config } from "../../protocol/config.ts";
import { type Complaint, check } from "./check.ts";
import { type Document, parseDocument } from "./document.ts";
import { type Overrides, readEnvironment } from "./environment.ts";
import { ConfigFault, type Flaw, type Path, pathText, type Source } from "./fault.ts";
import { isTree, merge, type Tree, valueAt } from "./tree.ts";

/** A configuration and the layers it was made of. */
export interface Loaded {
  readonly config: Config;
  /** What each layer sets. */
  readonly layers: Readonly<Record<Exclude<Source, "default">, Tree>>;
  /** Null: there is no file. */
  readonly text: string | null;
}

const maxBytes = 1_048_576;

/** The file's text, null when there is none. Throws a ConfigFault when it can't be read. */
export function readConfigFile(file: string): string | null {
  const refuse = (reason: string) => new ConfigFault(file, [{ ...nowhere, reason }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw refuse(`can't be read: ${messageOf(e)}`);
  }
  if (bytes.length > maxBytes) throw refuse("is larger than 1 MiB, which no configuration is");
  return bytes.toString("utf8");
}

/** There was a file, and it has been removed. */
export const goneFault = (file: string): ConfigFault =>
  new ConfigFault(file, [{ ...nowhere, reason: "is gone. Put it back, or restart the daemon to go on without one" }]);

const nowhere = { field: null, source: "file", variable: null, line: null, column: null } as const;

/** Defaults < what lies under the file < file < environment < flags. Throws a ConfigFault that lists everything wrong. */
export function loadConfig(
  file: string,
  text: string | null,
  env: NodeJS.ProcessEnv,
  flags: unknown,
  under: Tree = {},
): Loaded {
  const document = parseDocument(text ?? "");
  const flaws: Flaw[] = document.errors.map(({ path, offset, reason }) => ({
    ...nowhere,
    field: path && pathText(path),
    reason,
    ...document.position(offset),
  }));
  if (flaws.length === 0 && !isTree(document.value))
    flaws.push({ ...nowhere, reason: "must hold an object: { … }", ...document.position(0) });
  fail(file, flaws);
  const fromFile = isTree(document.value) ? document.value : {};
  const overrides = readEnvironment(env, fromFile);
  const layers = { file: fromFile, environment: overrides.tree, flag: isTree(flags) ? flags : {} };
  const checked = check([layers.file, layers.environment, layers.flag].reduce(merge, under));
  if ("config" in checked) return { config: checked.config, layers, text };
  fail(
    file,
    checked.complaints.map((c) => flawOf(c, layers, document, overrides)),
  );
  throw new Error("a refused configuration must say why");
}

function fail(file: string, flaws: readonly Flaw[]): void {
  const [first, ...others] = flaws.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  if (first) throw new ConfigFault(file, [first, ...others]);
}

function flawOf(c: Complaint, layers: Loaded["layers"], document: Document, overrides: Overrides): Flaw {
  const field = pathText(c.path);
  const source = sourceOf(layers, c.path);
  const place = source === "file" || source === "default" ? document.locate(c.path, c.name ? "name" : undefined) : null;
  return {
    field,
    reason: c.reason,
    source,
    variable: source === "environment" ? variableOf(overrides, c.path) : null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}

/** The variable that set a value, or a part of it. */
function variableOf({ variables }: Overrides, path: Path): string | null {
  for (let length = path.length; length > 0; length--) {
    const name = variables.get(pathText(path.slice(0, length)));
    if (name) return name;
  }
  const within = pathText(path);
  for (const [at, name] of variables) if (at.startsWith(within)) return name;
  return null;
}

/** Who set the value at a path, or the nearest part around one that is missing. */
export function sourceOf(layers: Loaded["layers"], path: Path): Source {
  for (const source of ["flag", "environment", "file"] as const)
    if (valueAt(layers[source], path) !== undefined) return source;
  return "default";
}
