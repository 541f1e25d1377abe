/** How much memory 100,000 answers of about 200 words take, and how long finding one takes: on one line, as JSON. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer } from "../../server/domain/memory.ts";
import { Answers } from "../../server/io/cache/answers.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { cacheSchema } from "../../server/protocol/config.ts";
import { answerOf } from "./answers.ts";

const entries = 100_000;
const dataDir = mkdtempSync(join(tmpdir(), "sy-"));
const limits = { ...cacheSchema.parse({}).exact, maxBytes: 1e9 };
const answers = new Answers({
  dataDir,
  clock: systemClock,
  log: () => {},
  limits: () => limits,
  storeText: () => false,
});
const word = (n: number) => Math.floor((n * 48_271) % 2_147_483_647).toString(36);

function answer(n: number): Answer {
  const text = Array.from({ length: 200 }, (_, i) => word(n + i)).join(" ");
  const data = Buffer.from(text);
  return answerOf(`${word(n)}${"k".repeat(32)}${n}`, {
    trace: `t${n}`,
    atMs: Date.now(),
    events: [
      { type: "start", attempt: 0, model: "small" },
      { type: "first" },
      { type: "bytes", data, chars: text.length },
      { type: "done", stop: "stop" },
    ],
    bytes: data.length + 1_000,
  });
}
const used = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const before = used();
for (let n = 0; n < entries; n++) answers.keep(answer(n));
const bytes = used() - before;
const keys = Array.from({ length: 10_000 }, (_, i) => answer((i * 7) % entries).key);
const begun = performance.now();
for (const key of keys) if (answers.find(key) === null) throw new Error("an answer was lost");
const findUs = ((performance.now() - begun) / keys.length) * 1_000;
console.log(JSON.stringify({ entries, bytes, counted: answers.size.bytes, findUs }));
answers.close();
rmSync(dataDir, { recursive: true });
