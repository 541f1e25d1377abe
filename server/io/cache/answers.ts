import { type Answer, type Forget, type Memory, meets } from "../../domain/memory.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Config } from "../../protocol/config.ts";
import { StoredAnswers } from "./stored.ts";

export interface AnswersOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Null: nothing is remembered. */
  readonly limits: () => Pick<NonNullable<Config["cache"]>["exact"], "ttlSeconds" | "maxBytes" | "maxEntries"> | null;
  /** Whether text may lie on the disk. */
  readonly storeText: () => boolean;
}

/**
 * Whole answers by their keys: in memory, those that weren't asked for longest go first; where the user lets text be stored
 * they outlive the process.
 */
export class Answers implements Memory {
  readonly #o: AnswersOptions;
  /** The newest use last. */
  readonly #byKey = new Map<string, Answer>();
  readonly #stored: StoredAnswers;
  #bytes = 0;

  constructor(o: AnswersOptions) {
    this.#o = o;
    this.#stored = new StoredAnswers(o);
  }

  find(key: string): Answer | null {
    const limits = this.#o.limits();
    if (limits === null) return null;
    const oldest = this.#o.clock.wall() - limits.ttlSeconds * 1_000;
    const here = this.#byKey.get(key);
    const answer = here ?? this.#stored.find(key);
    if (!answer) return null;
    if (here) this.#drop(here);
    if (answer.atMs <= oldest) {
      this.#stored.remove(key);
      return null;
    }
    this.#put(answer, limits);
    return answer;
  }

  keep(answer: Answer): void {
    const limits = this.#o.limits();
    if (limits === null || answer.bytes > limits.maxBytes) return;
    const before = this.#byKey.get(answer.key);
    if (before) this.#drop(before);
    this.#put(answer, limits);
    this.#stored.keep(answer);
  }

  /** Returns the keys of what is forgotten; a trace names the answer that was made for it. */
  forget(which: Forget): readonly string[] {
    const keys = new Set<string>();
    for (const answer of this.#byKey.values()) {
      if (!meets(answer, which)) continue;
      keys.add(answer.key);
      this.#drop(answer);
    }
    for (const key of this.#stored.forget(which)) keys.add(key);
    return [...keys];
  }

  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#byKey.size, bytes: this.#bytes };
  }

  /** What is too old goes. */
  expire(): void {
    const limits = this.#o.limits();
    if (limits === null) return;
    const oldest = this.#o.clock.wall() - limits.ttlSeconds * 1_000;
    for (const answer of this.#byKey.values()) if (answer.atMs <= oldest) this.#drop(answer);
    this.#stored.expire();
  }

  /** The configuration has changed: what exceeds it goes. */
  obey(): void {
    const limits = this.#o.limits();
    if (limits === null) {
      this.#byKey.clear();
      this.#bytes = 0;
    } else this.#trim(limits);
    this.#stored.obey();
  }

  close(): void {
    this.#stored.close();
  }

  #put(answer: Answer, limits: { readonly maxBytes: number; readonly maxEntries: number }): void {
    this.#byKey.set(answer.key, answer);
    this.#bytes += answer.bytes;
    this.#trim(limits);
  }

  #drop(answer: Answer): void {
    if (this.#byKey.delete(answer.key)) this.#bytes -= answer.bytes;
  }

  #trim({ maxBytes, maxEntries }: { readonly maxBytes: number; readonly maxEntries: number }): void {
    for (const oldest of this.#byKey.values()) {
      if (this.#bytes <= maxBytes && this.#byKey.size <= maxEntries) return;
      this.#drop(oldest);
    }
  }
}
