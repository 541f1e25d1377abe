import type { Writable } from "node:stream";
import { type Foresee, faultLine, foreseeing, isRouteFault } from "../../gateway/foresee.ts";
import { resolveModels } from "../../io/config/models.ts";
import { openConfig } from "../../io/config/store.ts";
import { pathMatcher } from "../../logic/privacy/paths.ts";
import { privacyOf } from "../../logic/privacy/verdict.ts";
import { builtinModels } from "../../logic/routing/builtin.ts";
import type { Read } from "../../logic/routing/reading.ts";
import { snapshotOf } from "../../logic/routing/snapshot.ts";
import type { RouteLine } from "../../protocol/route.ts";
import { printExplanation } from "./explanation.ts";
import { type BadLine, Lines } from "./lines.ts";

export interface RouteCommandIo {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
  readonly jsonl: boolean;
  /** Wished for the text; lines say it themselves. */
  readonly quality: number | undefined;
  readonly read: Read;
  readonly stdin: AsyncIterable<Buffer>;
  readonly stdout: Writable;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

const usage =
  'usage: switchyard route --jsonl [--config FILE]              lines of stdin: {"id","prompt"} or {"id","messages"}\n' +
  "       switchyard route [--explain] [--quality Q] TEXT [--json] [--config FILE]";

/** `switchyard route`: what would be decided. Nothing is sent, no trace is written, and no daemon or data folder is needed. */
export async function routeCommand(texts: readonly string[], explain: boolean, io: RouteCommandIo): Promise<number> {
  if (io.jsonl ? texts.length > 0 || explain : texts.length !== 1) {
    io.err(`route: ${io.jsonl ? "--jsonl reads stdin and takes no text" : "say one text, in quotes"}. ${usage}`);
    return 2;
  }
  const foresee = foreseer(io);
  if (io.jsonl) return routeLines(foresee, io.stdin, io.stdout);
  const line = foresee({ id: "text", prompt: texts[0], quality: io.quality }, explain);
  const refused = isRouteFault(line);
  if (io.json) io.out(JSON.stringify(line));
  else {
    if (line.explanation) io.out(`${printExplanation(line.explanation)}\n`);
    if (refused) io.err(`route: ${line.error.message}`);
    else io.out(inWords(line));
  }
  return refused ? 1 : 0;
}

const inWords = ({ model, tier, route, task, difficulty, score, stage, reason }: RouteLine): string =>
  `${model ?? `a ${tier} model`} (${tier}), ${route}: ${task}, ${difficulty}, score ${score.toFixed(2)}; ${stage}: ${reason}`;

/** By the configuration's models; where it has none, by the built-in pair and the configured quality and band. */
function foreseer({ configFile, env, read }: RouteCommandIo): Foresee {
  const store = openConfig({ file: configFile, env, flags: {}, log: () => {}, watch: false });
  const config = store.current;
  store.close();
  const configured = resolveModels(config);
  const builtin = configured.length === 0;
  const routing = builtin ? { ...config.routing, primary: "local", escalation: "premium", rules: [] } : config.routing;
  const snapshot = snapshotOf({
    models: builtin ? builtinModels : configured,
    routing,
    ahead: { speculation: config.speculation, hedge: config.hedge },
    latency: new Map(), // what was measured and learned is the daemon's: ask POST /admin/route for that
    broken: new Map(),
  });
  const rules = { offline: config.privacy.offline, denies: pathMatcher(config.privacy.deny) };
  return foreseeing({
    snapshot: () => snapshot,
    read,
    privacy: (paths, said) => privacyOf(rules, paths, said),
    now: () => performance.now(),
    builtin,
  });
}

/** 0: all were decided; 1: some weren't, each with its error in its place; also 0 when nobody reads on. */
async function routeLines(foresee: Foresee, stdin: AsyncIterable<Buffer>, stdout: Writable): Promise<number> {
  let text = "";
  let count = 0;
  let bad = 0;
  const lines = new Lines((line) => {
    count++;
    const answer = typeof line === "string" ? answerTo(line, count, foresee) : unread(line, count);
    if (isRouteFault(answer)) bad++;
    text += `${JSON.stringify(answer)}\n`;
  });
  stdout.on("error", () => {}); // what went wrong is told by the write that met it
  for await (const chunk of stdin) {
    lines.push(chunk);
    if (text === "") continue;
    if (!(await written(stdout, text))) return 0;
    text = "";
  }
  lines.end();
  if (text !== "" && !(await written(stdout, text))) return 0;
  return bad === 0 ? 0 : 1;
}

function answerTo(line: string, nth: number, foresee: Foresee) {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (e) {
    return unread({ code: "bad_request", message: `Not valid JSON: ${(e as SyntaxError).message}.` }, nth);
  }
  return foresee(json);
}

const unread = ({ code, message }: BadLine, nth: number) =>
  faultLine(null, { code, message: `Line ${nth}: ${message}`, retry: "never" });

/** Resolves when it is written, so that no more is read than is taken; false: its reader has gone. Other failures are thrown. */
const written = (stdout: Writable, text: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    stdout.write(text, (e) => {
      if (!e) resolve(true);
      else if ((e as NodeJS.ErrnoException).code === "EPIPE") resolve(false);
      else reject(e);
    });
  });
