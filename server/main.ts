import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { messageOf } from "./kit/log.ts";

declare const __VERSION__: string;

/** Results go to stdout, everything else to stderr. */
const out = (line: string): void => void process.stdout.write(`${line}\n`);
const err = (line: string): void => void process.stderr.write(`${line}\n`);
// What can't be said (the log's disk is full, its reader has gone) is lost: no reason to end.
process.stderr.on("error", () => {});

const usage = `switchyard ${__VERSION__}: sends every request to the cheapest model that will answer it well

  switchyard serve [--port N] [--host H] [--idle-exit SECONDS]   the daemon, in the foreground
  switchyard models list | pull NAME | add FILE | remove NAME    models of the embedded engine
  switchyard models engine [--gpu cuda|vulkan] [--remove]        installs the engine itself
  switchyard forget [--since T|--workspace W|--trace ID|--all]   empties what is remembered of answers
  switchyard ab-test [NAME]                                      experiments: each arm, and the winner where there is one
  switchyard replay --policy FILE [--prices FILE]                what past requests would have cost under another policy
  switchyard learned [--reset]                                   what was learned of models from what you did with answers
  switchyard route --jsonl | [--explain] TEXT                    what would be decided; sends nothing
  switchyard config [--effective]                                the configuration, and where each value came from

Every command takes --config FILE, --data DIR and --json.`;

/** What a later version makes real: refused with that word, so that no script takes silence for success. */
const later = new Set([
  "status",
  "stats",
  "cost",
  "traces",
  "dashboard",
  "prices",
  "export",
  "import",
  "reset",
  "clients",
  "profile",
  "gauntlet",
]);

const wrongUse = 2;

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  switch (command) {
    case undefined:
    case "help":
    case "--help":
    case "-h":
      out(usage);
      return command === undefined ? wrongUse : 0;
    case "--version":
    case "version":
      out(__VERSION__);
      return 0;
    case "serve":
      return serve(rest);
    case "forget":
      return (await import("./wiring/commands.ts")).forget(rest, { out, err });
    case "ab-test":
      return (await import("./wiring/commands.ts")).abTest(rest, { out, err });
    case "learned":
      return (await import("./wiring/commands.ts")).learned(rest, { out, err });
    case "models":
      return (await import("./wiring/commands.ts")).models(rest, { out, err });
    case "replay":
      return (await import("./wiring/commands.ts")).replay(rest, { out, err });
    case "route":
      return (await import("./wiring/commands.ts")).route(rest, { out, err });
    case "config":
      return (await import("./wiring/commands.ts")).config(rest, { out, err });
    default:
      err(
        later.has(command)
          ? `switchyard: "${command}" is not there yet.`
          : `switchyard: there is no command "${command}".\n\n${usage}`,
      );
      return wrongUse;
  }
}

/** What makes V8 small and soon fast for a daemon; each measured by `npm run bench -- start overhead`. */
const v8Flags = [
  "--semi-space-growth-factor=1", // a young generation that stays small: it grows to 32 MB otherwise; see kit/young.ts
  "--heap-growing-percent=70", // the old one is collected when it has grown by so much
  "--no-parallel-scavenge", // on two cores its helpers take more from the others than they give
  "--no-flush-bytecode", // under load each collection of the old one would throw away what is about to be needed
  "--no-maglev", // the middle compiler's memory isn't given back: 20 MB …
  "--invocation-count-for-turbofan=250", // … and without it the last one must come sooner (its default is 3,000 calls)
];

async function serve(args: string[]): Promise<number> {
  for (const flag of v8Flags) setFlagsFromString(flag); // before the code that they concern is loaded
  process.stdout.on("error", () => {}); // nobody reads the ready line
  process.umask(0o077); // what the daemon writes is its owner's alone
  const { places, number } = await import("./wiring/options.ts");
  const { values } = parseArgs({
    args,
    options: {
      config: { type: "string" },
      data: { type: "string" },
      json: { type: "boolean" },
      port: { type: "string" },
      host: { type: "string" },
      "idle-exit": { type: "string" },
    },
  });
  const port = number("--port", values.port, 0, 65_535);
  const idleExitSeconds = number("--idle-exit", values["idle-exit"], 1, 86_400) ?? null;
  const stopped = terminated(); // from now on, so that nobody who has seen the ready line can be too early
  const { startDaemon } = await import("./daemon.ts");
  const { configFile, dataDir } = places(values, process.env);
  const server = {
    ...(port === undefined ? {} : { port }),
    ...(values.host === undefined ? {} : { host: values.host }),
  };
  const daemon = await startDaemon({
    dataDir,
    configFile,
    flags: Object.keys(server).length > 0 ? { server } : {},
    idleExitSeconds,
    env: process.env,
    version: __VERSION__,
  });
  if (values.json) out(JSON.stringify(daemon.ready));
  else {
    const token = daemon.told ? `in ${dataDir}/daemon.json` : daemon.ready.token;
    out(`Switchyard ${__VERSION__} listens at ${daemon.ready.http} (token ${token}). Ctrl-C stops it.`);
  }
  await Promise.race([daemon.idle, stopped]);
  await daemon.stop();
  return 0;
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function terminated(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

function failed(e: unknown): number {
  err(`switchyard: ${messageOf(e)}`);
  const { code } = e as { code?: string };
  return code === "bad_config" || code?.startsWith("ERR_PARSE_ARGS") ? wrongUse : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (e: unknown) => process.exit(failed(e)),
);
