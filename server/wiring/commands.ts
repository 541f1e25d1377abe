import { parseArgs } from "node:util";
import { configCommand } from "../surfaces/cli/config.ts";
import { places } from "./options.ts";

interface Printers {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Takes the flags that every command has from its arguments, and leaves the rest. */
function common(args: readonly string[]): {
  values: { config?: string; data?: string; json?: boolean };
  rest: string[];
} {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: { config: { type: "string" }, data: { type: "string" }, json: { type: "boolean" } },
    strict: false,
    tokens: true,
  });
  const own = new Set(["config", "data", "json"]);
  const rest = tokens.flatMap((t) =>
    t.kind === "positional"
      ? [t.value]
      : t.kind === "option" && !own.has(t.name)
        ? [t.value === undefined || t.inlineValue !== true ? t.rawName : `${t.rawName}=${t.value}`]
        : [],
  );
  return { values: values as { config?: string; data?: string; json?: boolean }, rest };
}

export async function config(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  return configCommand(rest, { ...places(values, process.env), json: values.json === true, env: process.env, ...p });
}

export async function models(_args: readonly string[], p: Printers): Promise<number> {
  p.err("being written");
  return 1;
}
