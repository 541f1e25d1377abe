import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultDataDir, type Ready, readyFile, readySchema } from "../../server/protocol/daemon.ts";

/** The data folder: the setting's, or the one that `switchyard serve` takes by itself. */
export const dataDirOf = (configured: string): string =>
  configured.trim() || defaultDataDir(process.platform, process.env, homedir());

/** What the daemon of a data folder says of itself; null when none wrote it. It may be dead: only connecting tells. */
export async function readReady(dataDir: string): Promise<Ready | null> {
  let text: string;
  try {
    text = await readFile(join(dataDir, readyFile), "utf8");
  } catch {
    return null; // none is running
  }
  return parseReady(text);
}

/** Null for a line that is not yet whole, or not from a daemon. */
export function parseReady(text: string): Ready | null {
  try {
    const parsed = readySchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
