import { existsSync } from "node:fs";
import { join } from "node:path";
import { Answers } from "../io/cache/answers.ts";
import { systemClock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { type ForgetBody, forgottenSchema } from "../protocol/admin.ts";
import { forgetOf } from "../surfaces/http/forget.ts";
import { readReady } from "./ready-file.ts";

/** Has the running daemon of a data folder forget; where none runs, what lies on the disk is all there is. */
export async function forgetIn(dataDir: string, which: ForgetBody, log: Log): Promise<number> {
  const ready = readReady(dataDir);
  const answer = ready && (await askDaemon(ready.http, ready.token, which));
  return answer ?? forgetOnDisk(dataDir, which, log);
}

/** Null: nobody listens there any more. */
async function askDaemon(http: string, token: string, which: ForgetBody): Promise<number | null> {
  let res: Response;
  try {
    res = await fetch(`${http}/admin/forget`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(which),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (e) {
    if ((e as Error).name === "TimeoutError") throw new Error(`The daemon at ${http} does not answer.`);
    return null;
  }
  const text = await res.text();
  if (!res.ok) throw new Error(`The daemon refused: ${text.slice(0, 500)}`);
  return forgottenSchema.parse(JSON.parse(text)).answers;
}

function forgetOnDisk(dataDir: string, which: ForgetBody, log: Log): number {
  if (!existsSync(join(dataDir, "cache.sqlite"))) return 0;
  const answers = new Answers({
    dataDir,
    clock: systemClock,
    log,
    limits: () => ({
      ttlSeconds: Number.MAX_SAFE_INTEGER,
      maxBytes: Number.MAX_SAFE_INTEGER,
      maxEntries: Number.MAX_SAFE_INTEGER,
    }),
    storeText: () => true,
  });
  try {
    return answers.forget(forgetOf(which)).length;
  } finally {
    answers.close();
  }
}
