import { createHash } from "node:crypto";
import { chmod, lstat, unlink } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../kit/folder.ts";

/** The kernel's `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
const maxSocketPath = process.platform === "darwin" ? 103 : 107;

interface Place {
  readonly version: string;
  readonly dataDir: string;
}

/** Finds where the socket shall be and makes sure that nobody else can reach it. Throws, naming the directory and what is wrong. */
export async function prepareSocket(place: Place, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const name = createHash("sha256").update(`${place.version}\0${place.dataDir}`).digest("hex").slice(0, 20);
  if (process.platform === "win32") return `\\\\.\\pipe\\switchyard-${userInfo().username}-${name}`;
  const directories = [`/tmp/switchyard-${process.getuid?.()}`];
  directories.unshift(join(tmpdir(), `switchyard-${process.getuid?.()}`));
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime && (await isOurs(runtime))) directories.unshift(join(runtime, "switchyard"));
  const path = join(await firstOf(directories.filter((d) => fits(join(d, `${name}.sock`)))), `${name}.sock`);
  await removeStale(path);
  return path;
}

const fits = (path: string): boolean => Buffer.byteLength(path) <= maxSocketPath;

/** The first directory that can be had: the system may refuse one (a full disk, one that is read-only), not what lies there. */
async function firstOf(directories: readonly string[]): Promise<string> {
  for (const [i, directory] of directories.entries())
    try {
      await ownerOnly(directory);
      return directory;
    } catch (e) {
      if (!(e instanceof Error && "code" in e) || i === directories.length - 1) throw e;
    }
  throw new Error("there is no place for the windows' socket whose path is short enough: set XDG_RUNTIME_DIR");
}

/** Makes the directory, or checks that the one there is a real directory, ours, and closed to others. */
export async function ownerOnly(directory: string): Promise<void> {
  makeFolder(directory);
  const found = await lstat(directory);
  const uid = process.getuid?.();
  if (!found.isDirectory()) throw new Error(`${directory} is not a directory (a symbolic link?): remove it`);
  if (found.uid !== uid) throw new Error(`${directory} belongs to another user: remove it, or set XDG_RUNTIME_DIR`);
  if ((found.mode & 0o077) !== 0) await chmod(directory, 0o700);
}

const isOurs = async (directory: string): Promise<boolean> => {
  try {
    const found = await lstat(directory);
    return found.isDirectory() && found.uid === process.getuid?.();
  } catch {
    return false; // named by the environment, but not there: the next place serves
  }
};

/** The caller holds the daemon's lock, so that a socket found here belongs to nobody. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isSocket()) throw new Error(`${path} is in the way and not a socket: remove it`);
    await unlink(path);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== "ENOENT") throw e;
  }
}
