import { existsSync } from "node:fs";
import { join } from "node:path";
import { Answers } from "../io/cache/answers.ts";
import { systemClock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { type ForgetBody, forgottenSchema } from "../protocol/admin.ts";
import { forgetOf } from "../surfaces/http/forget.ts";
import { askDaemon } from "./ask-daemon.ts";

/** Has the running daemon of a data folder forget; where none runs, what lies on the disk is all there is. */
export async function forgetIn(dataDir: string, which: ForgetBody, log: Log): Promise<number> {
  const answer = await askDaemon(dataDir, "POST", "/admin/forget", which);
  return answer === null ? forgetOnDisk(dataDir, which, log) : forgottenSchema.parse(answer.json).answers;
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
