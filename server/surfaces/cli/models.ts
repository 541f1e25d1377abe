import { findEngine, installEngine, removeEngine } from "../../io/models/engine.ts";
import { ModelError } from "../../io/models/error.ts";
import { modelRows } from "../../io/models/overview.ts";
import { pullModel } from "../../io/models/pull.ts";
import type { Progress } from "../../io/models/source.ts";
import { ModelStore } from "../../io/models/store.ts";

export interface ModelsCommandIo {
  readonly dataDir: string;
  readonly json: boolean;
  /** Results. */
  readonly out: (line: string) => void;
  /** Progress and errors. */
  readonly err: (line: string) => void;
  readonly signal: AbortSignal;
  /** privacy.offline. */
  readonly offline?: boolean;
  /** Absent: the user's cache folder. */
  readonly modelsDir?: string;
}

const usage = `usage: switchyard models list
       switchyard models pull NAME
       switchyard models add FILE [NAME]
       switchyard models remove NAME
       switchyard models engine [--gpu cuda|vulkan] [--remove]`;

/** `switchyard models …`: the embedded engine and its models. Returns the exit code. */
export async function modelsCommand(args: readonly string[], io: ModelsCommandIo): Promise<number> {
  const [action, ...rest] = args;
  const store = new ModelStore(io.modelsDir);
  const wrong = (why: string): number => {
    io.err(`models: ${why}`);
    io.err(usage);
    return 2;
  };
  try {
    switch (action) {
      case "list":
        if (rest.length > 0) return wrong(`list takes nothing, not "${rest[0]}"`);
        list(store, io);
        return 0;
      case "pull":
        if (rest.length !== 1) return wrong("pull takes the name of one model; `list` shows them");
        return await pull(rest[0]!, store, io);
      case "add": {
        const [file, name] = rest;
        if (file === undefined || rest.length > 2) return wrong("add takes a GGUF file, and a name if you like");
        const added = await store.add(file, name);
        if (io.json) io.out(JSON.stringify(added));
        else io.out(`${added.name} is in ${added.path}. Use it as a model of a llama-cpp provider.`);
        return 0;
      }
      case "remove": {
        const [name] = rest;
        if (name === undefined || rest.length > 1) return wrong("remove takes the name of one model");
        store.remove(name);
        if (io.json) io.out(JSON.stringify({ removed: name }));
        else io.out(`${name} is removed.`);
        return 0;
      }
      case "engine":
        return await engine(rest, io, wrong);
      case undefined:
        return wrong("say what to do");
      default:
        return wrong(`unknown: "${action}"`);
    }
  } catch (e) {
    if (!(e instanceof ModelError)) throw e;
    if (io.json) io.out(JSON.stringify({ error: { code: e.code, message: e.message } }));
    io.err(`models: ${e.message}`);
    return e.code === "unknown" ? 2 : 1;
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

function list(store: ModelStore, io: ModelsCommandIo): void {
  const models = modelRows(store);
  const path = findEngine(io.dataDir);
  if (io.json) {
    io.out(JSON.stringify({ dir: store.dir, models, engine: { installed: path !== null, path } }));
    return;
  }
  const width = Math.max(...models.map((m) => m.name.length));
  for (const m of models) {
    const state = m.installed ? "here" : m.suggested ? "suggested" : "";
    const size = m.bytes === null ? "" : megabytes(m.bytes);
    io.out(
      `${m.name.padEnd(width)}  ${size.padStart(8)}  ${state.padEnd(9)}  ${m.license.padEnd(13)}  ${m.note}`.trimEnd(),
    );
  }
  io.err(`Models are kept in ${store.dir}.`);
  io.err(path === null ? "The engine isn't installed: switchyard models engine" : `The engine is in ${path}.`);
}

async function pull(name: string, store: ModelStore, io: ModelsCommandIo): Promise<number> {
  const { offline = false, signal } = io;
  const pulled = await pullModel({ name, store, signal, offline, onProgress: printer(io.err) });
  if (io.json) io.out(JSON.stringify(pulled));
  else io.out(pulled.source === null ? `${name} is here already: ${pulled.path}` : `${name} is in ${pulled.path}`);
  if (findEngine(io.dataDir) === null) io.err("To run it, install the engine as well: switchyard models engine");
  return 0;
}

/** A line for each step and each tenth of the way. */
function printer(err: (line: string) => void): (progress: Progress) => void {
  let last = "";
  return ({ message, done, total }) => {
    const tenth = total ? Math.floor((done / total) * 10) * 10 : null;
    const line = tenth === null || total === null ? message : `${message}: ${tenth} % of ${megabytes(total)}`;
    if (line === last) return;
    last = line;
    err(line);
  };
}

async function engine(args: readonly string[], io: ModelsCommandIo, wrong: (why: string) => number): Promise<number> {
  let gpu: "none" | "cuda" | "vulkan" = "none";
  let remove = false;
  for (let i = 0; i < args.length; i++) {
    const value = args[i + 1];
    if (args[i] === "--remove") remove = true;
    else if (args[i] === "--gpu" && (value === "cuda" || value === "vulkan")) {
      gpu = value;
      i++;
    } else return wrong(`engine doesn't know "${args[i]}"`);
  }
  if (remove) {
    removeEngine(io.dataDir);
    if (io.json) io.out(JSON.stringify({ removed: "engine" }));
    else io.out("The engine is removed from the data folder.");
    return 0;
  }
  if (io.offline) {
    io.err("privacy.offline is on: the engine is not fetched. Turn it off for the install.");
    return 1;
  }
  const path = await installEngine({ dataDir: io.dataDir, gpu, onProgress: io.err, signal: io.signal });
  if (io.json) io.out(JSON.stringify({ path }));
  else io.out(`The engine is in ${path}`);
  return 0;
}
