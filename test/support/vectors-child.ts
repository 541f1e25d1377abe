/** A process with an embedder of its own, for its bench: prints what it measured as one line of JSON. */
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { openVectors } from "../../server/io/cache/embedder.ts";
import { median } from "../bench/row.ts";

export interface EmbedderFigures {
  /** From the first call to its answer. */
  readonly startMs: number;
  readonly shortMs: number;
  readonly longMs: number;
  /** The longest that the main thread didn't turn: with the start, while texts are embedded, and while nothing is done. */
  readonly startBlockMs: number;
  readonly blockMs: number;
  readonly idleBlockMs: number;
  readonly rssBeforeMb: number;
  readonly rssAfterMb: number;
}

const resolution = 1;

async function longestBlock(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  await work();
  await sleep(2 * resolution);
  delay.disable();
  return Math.max(0, delay.max / 1e6 - resolution);
}

if (import.meta.main) {
  const rss = () => process.memoryUsage.rss() / 1e6;
  const vectors = openVectors({
    entry: join(import.meta.dirname, "../../dist/server/embedder.js"),
    log: () => {},
    maxEntries: 1_000,
  });
  await sleep(50);
  const rssBeforeMb = rss();
  const ask = async (text: string) => {
    const begun = performance.now();
    await vectors.search("none", text, { k: 1, least: 0, withinMs: 20_000 });
    return performance.now() - begun;
  };
  let startMs = 0;
  const startBlockMs = await longestBlock(async () => {
    startMs = await ask("How do I sort a list?");
  });
  const sentence = "Explain why the pool deadlocks when two requests take a connection at once, and how to avoid it. ";
  for (let i = 0; i < 10; i++) await ask(`Warming up, ${i}`);
  const short: number[] = [];
  const long: number[] = [];
  const blockMs = await longestBlock(async () => {
    for (let i = 0; i < 30; i++) short.push(await ask(`How do I sort a list of ${i} numbers in Python?`));
    for (let i = 0; i < 12; i++) long.push(await ask(`${i} ${sentence.repeat(30)}`.slice(0, 2_000)));
  });
  const idleBlockMs = await longestBlock(() => sleep(1_000));
  const figures: EmbedderFigures = {
    startMs,
    shortMs: median(short),
    longMs: median(long),
    startBlockMs,
    blockMs,
    idleBlockMs,
    rssBeforeMb,
    rssAfterMb: rss(),
  };
  await vectors.close();
  console.log(JSON.stringify(figures));
}
