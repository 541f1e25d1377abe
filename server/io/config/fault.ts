/** Where a value of the configuration came from; the later wins. */
export const sources = ["default", "file", "environment", "flag"] as const;
export type Source = (typeof sources)[number];

export type Path = readonly (string | number)[];

/** `models["qwen2.5"].prices.input`, `routing.band[0]` */
export function pathText(path: Path): string {
  return path
    .map((p, i) => {
      if (typeof p === "number") return `[${p}]`;
      if (!/^[\w$/-]+$/.test(p)) return `[${JSON.stringify(p)}]`;
      return i === 0 ? p : `.${p}`;
    })
    .join("");
}

/** One thing that is wrong. */
export interface Flaw {
  /** As in `routing.quality`; null: the file as a whole. */
  readonly field: string | null;
  /** What is wrong and what to do. Never the value itself: it may be a key. */
  readonly reason: string;
  readonly source: Source;
  /** The environment variable, where it came from one. */
  readonly variable: string | null;
  /** From 1; null where it doesn't come from the file. */
  readonly line: number | null;
  readonly column: number | null;
}

/** A configuration that can't be used: the first flaw, and all of them. */
export class ConfigFault extends Error {
  readonly code = "bad_config";
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly field: string | null;
  readonly flaws: readonly Flaw[];

  constructor(file: string, flaws: readonly [Flaw, ...Flaw[]]) {
    const [first, ...others] = flaws;
    super(`${placeText(file, first)}: ${flawText(first)}${others.length > 0 ? ` (and ${others.length} more)` : ""}`);
    this.name = "ConfigFault";
    this.file = file;
    this.line = first.line;
    this.column = first.column;
    this.field = first.field;
    this.flaws = flaws;
  }
}

const flawText = (f: Flaw): string => (f.field === null ? f.reason : `${f.field}: ${f.reason}`);

function placeText(file: string, f: Flaw): string {
  switch (f.source) {
    case "environment":
      return `environment variable ${f.variable ?? "SWITCHYARD_…"}`;
    case "flag":
      return "command line";
    case "file":
    case "default":
      return f.line === null ? file : `${file}:${f.line}:${f.column ?? 1}`;
  }
}
