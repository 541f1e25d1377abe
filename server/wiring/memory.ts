import type { Embedder } from "../gateway/embeddings.ts";
import { ReadingMemo } from "../gateway/memo.ts";
import { Recall } from "../gateway/recall.ts";
import { AlikeAnswers } from "../io/cache/alike.ts";
import { Answers } from "../io/cache/answers.ts";
import { openVectors, vectorsEntry } from "../io/cache/embedder.ts";
import { TypedAnswers } from "../io/cache/typed.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Read } from "../logic/routing/reading.ts";
import type { Config } from "../protocol/config.ts";
import type { Trace } from "../protocol/trace.ts";
import { Lesson } from "./lesson.ts";
import { Remembered } from "./remembered.ts";
import { memoryMetrics } from "./state.ts";

/** Sentences that are held for comparison at most, whatever the configuration lets be remembered: 200 MB. */
const mostVectors = 100_000;
/** Milliseconds between looks for what is too old. */
const sweepMs = 30_000;

export interface MemoryDeps {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: () => Config;
  /** What is in force of it: who decides who answers, and whose vectors are compared. */
  readonly snapshot: () => { readonly policy: string; readonly embedder: Embedder | null };
  readonly trace: (id: string) => Trace | null;
  readonly read: Read;
}

/** All that remembers answers: by their keys, by their questions, and by what was typed; and what was read of prompts. */
export function openMemory({ dataDir, clock, log, config, snapshot, trace, read }: MemoryDeps) {
  const options = () => {
    const { exact, semantic } = config().cache ?? {};
    return { exact: exact?.enabled ? exact : null, semantic: semantic?.enabled ? semantic : null };
  };
  // The limits are said once, and hold for each.
  const limits = (of: "exact" | "semantic") => () => (options()[of] ? (config().cache?.exact ?? null) : null);
  const storeText = () => config().ledger.storeText;

  const answers = new Answers({ dataDir, clock, log, limits: limits("exact"), storeText });
  const typed = new TypedAnswers({ clock, limits: limits("exact") });
  const lesson = new Lesson(dataDir, log);
  const vectors = openVectors({ entry: vectorsEntry(), log, maxEntries: mostVectors, clock });
  const alike = new AlikeAnswers({
    clock,
    vectors,
    limits: limits("semantic"),
    threshold: () => Math.max(options().semantic?.threshold ?? 1, lesson.threshold),
    space: () => snapshot().embedder?.space ?? null,
  });
  const memories = [alike, typed, answers];
  const recall = new Recall({ memory: answers, alike, typed, clock, options, policy: () => snapshot().policy });
  const readings = new ReadingMemo({
    read,
    now: () => clock.now(),
    ttlSeconds: () => config().cache?.decisions.ttlSeconds ?? null,
  });
  const forgetful = {
    forget: () => {
      readings.clear(); // whichever are meant: they are soon read again
      return [];
    },
  };
  const sweep = setInterval(() => {
    for (const memory of memories) memory.expire();
    readings.expire();
  }, sweepMs);
  sweep.unref();
  return {
    alike,
    recall,
    // The disk's last: it may fail, and then the others have forgotten.
    remembered: new Remembered({ memories: [recall, forgetful, ...memories], lesson, trace }),
    read: readings.read,
    metrics: () => memoryMetrics(answers.size, alike.size, readings.size),
    /** The configuration has changed. */
    obey: () => {
      for (const memory of memories) memory.obey();
      readings.expire();
    },
    close: async () => {
      clearInterval(sweep);
      answers.close();
      await vectors.close();
    },
  };
}
