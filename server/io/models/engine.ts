import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../../kit/folder.ts";
import { freeBytes } from "./disk.ts";
import { ModelError } from "./error.ts";
import { above } from "./places.ts";

/** The embedded engine's library is an optional install: node-llama-cpp, with a lock of its own. */
const library = "node-llama-cpp";
/** Bytes that an install takes at most, without a GPU's build. */
const installBytes = 150_000_000;

/** The builds that the library has for a machine, the plain one first. Null: none. */
export function platformPackage(platform = process.platform, arch = process.arch): string | null {
  const name = { linux: "linux", darwin: "mac", win32: "win" }[platform as string];
  if (name === undefined || !["x64", "arm64"].includes(arch)) return null;
  return `@node-llama-cpp/${name}-${arch}${name === "mac" && arch === "arm64" ? "-metal" : ""}`;
}

export const engineDir = (dataDir: string): string => join(dataDir, "engine");

/** The folder of an installed library: the one named, else the user's, else the checkout's. Null: there is none. */
export function findEngine(dataDir: string, named?: string): string | null {
  const checkout = above(join("scripts", "engine", "node_modules", library));
  const candidates = [named, join(engineDir(dataDir), "node_modules", library), checkout];
  return candidates.find((folder) => folder && existsSync(join(folder, "dist", "index.js"))) ?? null;
}

/** Where the manifest and the lock of the install are. */
function shippedPackage(): string {
  const file =
    above(join("engine-package", "package-lock.json")) ?? above(join("scripts", "engine", "package-lock.json"));
  if (file === null) {
    throw new ModelError(
      "incomplete",
      "The engine's lock file is missing: this copy of Switchyard is incomplete. Install it again.",
    );
  }
  return dirname(file);
}

/** The arguments of npm: everything but the builds for other machines, and of those the one for this. */
export function installArguments(packages: readonly string[]): string[] {
  return ["install", "--no-save", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", ...packages];
}

/** What a person can run who wants to see it happen, or has no npm where we look. */
export const installCommand = "switchyard models engine";

export interface InstallOptions {
  /** The user's data folder. */
  readonly dataDir: string;
  readonly gpu?: "none" | "cuda" | "vulkan";
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Finds npm; absent: on PATH. */
  readonly npm?: string;
}

/** Installs the library and this machine's build of it; returns its folder. Throws ModelError. */
export async function installEngine(options: InstallOptions): Promise<string> {
  const plain = platformPackage();
  if (plain === null) {
    const message = `There is no embedded engine for ${process.platform} on ${process.arch}. Run a server such as Ollama or llama-server instead; it is found by itself.`;
    throw new ModelError("unsupported", message);
  }
  const into = engineDir(options.dataDir);
  makeFolder(into);
  const free = freeBytes(into);
  if (free !== null && free < installBytes) throw ModelError.diskFull(into, installBytes, free);
  const from = shippedPackage();
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(from, file), join(into, file));
  const lock = JSON.parse(readFileSync(join(from, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const wanted = [plain];
  if (options.gpu && options.gpu !== "none") wanted.push(`${plain}-${options.gpu}`);
  const packages = wanted.map((name) => {
    const locked = lock.packages[`node_modules/${name}`];
    if (!locked)
      throw new ModelError("unsupported", `There is no ${options.gpu} build of the embedded engine for this machine.`);
    return `${name}@${locked.version}`;
  });
  const args = installArguments(packages);
  options.onProgress?.(`installing ${library} and ${packages.join(", ")}`);
  await runNpm(options.npm ?? "npm", args, into, options);
  const found = findEngine(options.dataDir);
  if (found === null) {
    throw new ModelError(
      "install",
      `npm ended well, but the engine isn't in ${into}. Delete that folder and try again.`,
    );
  }
  options.onProgress?.(`installed in ${into}`);
  return found;
}

/** Takes away what an install left. */
export function removeEngine(dataDir: string): void {
  rmSync(engineDir(dataDir), { recursive: true, force: true });
}

async function runNpm(npm: string, args: string[], cwd: string, { onProgress, signal }: InstallOptions): Promise<void> {
  const byHand = `cd ${JSON.stringify(cwd)} && npm ${args.join(" ")}`;
  const windows = process.platform === "win32"; // npm is a script there, which only a shell runs
  const child = spawn(windows ? `${npm}.cmd` : npm, args, {
    cwd,
    shell: windows,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
    ...(signal ? { signal } : {}),
  });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-4000);
      for (const line of text.split("\n")) if (/^added /.test(line)) onProgress?.(line.trim());
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once("error", (e: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(ModelError.cancelled("The engine's installation"));
      else if (e.code === "ENOENT") {
        const message = `npm isn't on PATH. Install Node.js, which brings it, then try again or run: ${byHand}`;
        reject(new ModelError("no-npm", message));
      } else reject(new ModelError("install", `npm couldn't be started (${e.message}). Run by hand: ${byHand}`));
    });
    child.once("close", (code) => {
      if (code === 0) return resolve();
      const why = tail
        .split("\n")
        .filter((line) => /error|ERR!/i.test(line))
        .slice(0, 3)
        .join(" ")
        .trim();
      reject(
        new ModelError(
          "install",
          `npm ended with code ${code}. ${why || tail.trim().slice(-300)} To see more, run: ${byHand}`,
        ),
      );
    });
  });
}
