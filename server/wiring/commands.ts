import { parseArgs } from "node:util";
import type { Log } from "../kit/log.ts";
import { configCommand } from "../surfaces/cli/config.ts";
import { places, quality } from "./options.ts";

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

export async function forget(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  const { dataDir } = places(values, process.env);
  const { forgetCommand } = await import("../surfaces/cli/forget.ts");
  const { forgetIn } = await import("./forget.ts");
  const json = values.json === true;
  const log = (_level: string, message: string): void => p.err(message);
  return forgetCommand(rest, { ...p, json, now: Date.now(), forget: (which) => forgetIn(dataDir, which, log) });
}

export async function replay(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  const { replayCommand } = await import("../surfaces/cli/replay.ts");
  const { replayIn } = await import("./replay.ts");
  const log: Log = (level, message) => level !== "info" && p.err(message);
  const place = { ...places(values, process.env), env: process.env, log };
  return replayCommand(rest, { ...p, json: values.json === true, replay: (ask) => replayIn(place, ask) });
}

export async function abTest(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  const { abTestCommand } = await import("../surfaces/cli/ab-test.ts");
  const { experimentsIn } = await import("./ab-test.ts");
  const log = (level: string, message: string): void => (level === "error" ? p.err(message) : undefined);
  const report = () => experimentsIn({ ...places(values, process.env), env: process.env, log });
  return abTestCommand(rest, { ...p, json: values.json === true, report });
}

export async function learned(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  const { learnedCommand } = await import("../surfaces/cli/learned.ts");
  const { learnedIn } = await import("./learned.ts");
  const log = (_level: string, message: string): void => p.err(message);
  const there = learnedIn({ ...places(values, process.env), env: process.env, log });
  return learnedCommand(rest, { ...p, json: values.json === true, ...there });
}

export async function models(args: readonly string[], p: Printers): Promise<number> {
  const { values, rest } = common(args);
  const { configFile, dataDir } = places(values, process.env);
  const { openConfig } = await import("../io/config/store.ts");
  const config = openConfig({ file: configFile, env: process.env, flags: {}, log: () => {}, watch: false });
  const { offline } = config.current.privacy;
  config.close();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  const { modelsCommand } = await import("../surfaces/cli/models.ts");
  return modelsCommand(rest, { dataDir, json: values.json === true, offline, signal: stop.signal, ...p });
}

export async function route(args: readonly string[], p: Printers): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string" },
      data: { type: "string" },
      json: { type: "boolean" },
      jsonl: { type: "boolean" },
      explain: { type: "boolean" },
      quality: { type: "string" },
    },
  });
  const { configFile } = places(values, process.env);
  const { routeCommand } = await import("../surfaces/cli/route.ts");
  return routeCommand(positionals, values.explain === true, {
    ...p,
    configFile,
    env: process.env,
    json: values.json === true,
    jsonl: values.jsonl === true,
    quality: quality("--quality", values.quality),
    read: (await import("./weights.ts")).openReader(),
    stdin: process.stdin,
    stdout: process.stdout,
  });
}
