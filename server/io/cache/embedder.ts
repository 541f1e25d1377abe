import { join } from "node:path";
import { type Clock, systemClock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { EmbedderThread } from "./embedder-thread.ts";
import type { AddJob, Found, SearchJob, Sense } from "./vector-messages.ts";

export type { Found, Sense } from "./vector-messages.ts";

/** Sentences as vectors and a search among them, in a worker of their own that is started with the first call. */
export interface Vectors {
  /** Remembers a text, or its vector, under an id within a scope. Of more than 1,000 that wait, the oldest is dropped. */
  add(id: number, scope: string, sense: Sense): void;
  /**
   * The nearest texts of the scope, best first. Resolves to none when `withinMs` have passed, and when the worker can't
   * be had; never rejects.
   */
  search(scope: string, sense: Sense, options: SearchOptions): Promise<readonly Found[]>;
  remove(ids: readonly number[]): void;
  /** Forgets all: what comes is compared otherwise. */
  clear(): void;
  /** How many can be found. */
  readonly size: number;
  /** Why nothing is found, or null. */
  problem(): string | null;
  close(): Promise<void>;
}

export interface SearchOptions {
  readonly k: number;
  readonly least: number;
  readonly withinMs: number;
  /** What must be there before it is searched: others that wait to be added come after the search. */
  readonly after?: readonly number[];
}

export interface VectorsOptions {
  /** The worker's script. */
  readonly entry: string | URL;
  readonly log: Log;
  readonly maxEntries: number;
  readonly clock?: Clock;
}

/** A text's beginning says what it is about; the model takes longer for each character. */
const maxChars = 2_000;
const maxWaiting = 1_000;
const maxSearches = 100;

const isEmpty = (sense: Sense): boolean => typeof sense === "string" && sense.trim() === "";
const shortened = (sense: Sense): Sense => (typeof sense === "string" ? sense.slice(0, maxChars) : sense);

interface Search {
  readonly job: SearchJob;
  readonly after: readonly number[];
  readonly settle: (found: readonly Found[]) => void;
}

/** The script beside a bundle, or in a checkout. */
export function vectorsEntry(): string {
  const { dirname, filename } = import.meta;
  return filename.endsWith(".ts") ? join(dirname, "../../embedder.ts") : join(dirname, "embedder.js");
}

export function openVectors(options: VectorsOptions): Vectors {
  return new WorkerVectors(options);
}

/** Hands the worker one job at a time: so searches go before whatever waits to be added, and none is begun too late. */
class WorkerVectors implements Vectors {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #thread: EmbedderThread;
  readonly #searches: Search[] = [];
  /** By id; the oldest first. */
  readonly #adds = new Map<number, AddJob>();
  /** What the worker is at. */
  #current: Search | "add" | null = null;
  #closed = false;

  constructor({ entry, log, maxEntries, clock = systemClock }: VectorsOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#thread = new EmbedderThread({
      entry,
      log,
      clock,
      settings: { maxEntries },
      done: (found, why) => this.#done(found, why),
      lost: () => this.#lost(),
    });
  }

  get size(): number {
    return this.#thread.size;
  }

  problem(): string | null {
    return this.#thread.problem;
  }

  add(id: number, scope: string, sense: Sense): void {
    if (this.#closed || isEmpty(sense)) return;
    this.#adds.delete(id);
    this.#adds.set(id, { type: "add", id, scope, sense: shortened(sense) });
    if (this.#adds.size > maxWaiting) this.#adds.delete(this.#adds.keys().next().value!);
    this.#next();
  }

  search(scope: string, sense: Sense, { k, least, withinMs, after = [] }: SearchOptions): Promise<readonly Found[]> {
    if (this.#closed || isEmpty(sense)) return Promise.resolve([]);
    return new Promise((resolve) => {
      const search: Search = {
        job: { type: "search", scope, sense: shortened(sense), k, least },
        after,
        settle: (found) => {
          timer.cancel();
          resolve(found);
        },
      };
      const timer = this.#clock.after(withinMs, () => {
        const at = this.#searches.indexOf(search);
        if (at >= 0) this.#searches.splice(at, 1);
        resolve([]);
      });
      this.#searches.push(search);
      if (this.#searches.length > maxSearches) this.#searches.shift()!.settle([]);
      this.#next();
    });
  }

  remove(ids: readonly number[]): void {
    for (const id of ids) this.#adds.delete(id);
    if (ids.length > 0) this.#thread.remove(ids);
  }

  clear(): void {
    this.#adds.clear();
    this.#thread.clear();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
  }

  #next(): void {
    if (this.#current !== null) return;
    const [search] = this.#searches;
    const before = search?.after.find((id) => this.#adds.has(id));
    const add = before === undefined ? (search ? undefined : this.#adds.values().next().value) : this.#adds.get(before);
    const job = add ?? search?.job;
    if (job === undefined) return;
    if (add) this.#adds.delete(add.id);
    else this.#searches.shift();
    this.#current = add ? "add" : search!;
    if (!this.#thread.send(job)) this.#lost();
  }

  #done(found: readonly Found[], why: string | undefined): void {
    if (why !== undefined) this.#log("warn", "a text could not be compared with others", { why });
    const current = this.#current;
    this.#current = null;
    if (current !== null && current !== "add") current.settle(found);
    this.#next();
  }

  /** There is no worker any more; the next call may start another. */
  #lost(): void {
    const searches = this.#searches.splice(0);
    if (this.#current !== null && this.#current !== "add") searches.push(this.#current);
    this.#current = null;
    this.#adds.clear(); // what came before them is gone too
    for (const search of searches) search.settle([]);
  }
}
