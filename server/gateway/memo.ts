import type { EditorContext } from "../domain/request.ts";
import { textHash } from "../kit/text-hash.ts";
import type { Asked, Read, Reading } from "../logic/routing/reading.ts";

export interface MemoDeps {
  readonly read: Read;
  /** Milliseconds on a monotonic scale. */
  readonly now: () => number;
  /** Seconds for which what was read is known; null: it is not remembered. Looked up each time, so that a new setting holds at once. */
  readonly ttlSeconds: () => number | null;
  /** Prompts, and characters of all prompts together, that are remembered at most. */
  readonly maxEntries?: number;
  readonly maxChars?: number;
}

interface Entry {
  readonly key: number;
  readonly asked: Asked;
  readonly reading: Reading;
  readonly atMs: number;
}

/** 10,000 prompts, or 8 M characters: 16 MB at most where they aren't Latin. */
const usual = { entries: 10_000, chars: 8_000_000 } as const;

/**
 * What was read of a prompt that comes again. It holds nothing that chance, the learner or the configuration has a part in:
 * they decide anew each time. A text has one entry, that of the surroundings in which it was asked last.
 */
export class ReadingMemo {
  readonly #deps: MemoDeps;
  readonly #maxEntries: number;
  readonly #maxChars: number;
  /** By a hash of the question's text; of two that share one, the newer is remembered. In the order of their age. */
  readonly #entries = new Map<number, Entry>();
  #chars = 0;

  constructor(deps: MemoDeps) {
    this.#deps = deps;
    this.#maxEntries = deps.maxEntries ?? usual.entries;
    this.#maxChars = deps.maxChars ?? usual.chars;
  }

  get size(): number {
    return this.#entries.size;
  }

  readonly read: Read = (asked) => {
    const ttl = this.#deps.ttlSeconds();
    if (ttl === null) {
      if (this.#entries.size > 0) this.clear();
      return this.#deps.read(asked);
    }
    const now = this.#deps.now();
    const key = textHash(asked.text);
    const known = this.#entries.get(key);
    if (known !== undefined && now - known.atMs < ttl * 1000 && same(known.asked, asked)) return known.reading;
    const reading = this.#deps.read(asked);
    if (known !== undefined) this.#drop(known);
    this.#keep({ key, asked, reading, atMs: now }, now - ttl * 1000);
    return reading;
  };

  /** What may serve no more goes, and what the setting no longer allows. */
  expire(): void {
    const ttl = this.#deps.ttlSeconds();
    if (ttl === null) this.clear();
    else this.#shrink(this.#deps.now() - ttl * 1000);
  }

  clear(): void {
    this.#entries.clear();
    this.#chars = 0;
  }

  #keep(entry: Entry, expiredMs: number): void {
    const chars = charsOf(entry.asked);
    if (chars > this.#maxChars) return;
    this.#entries.set(entry.key, entry);
    this.#chars += chars;
    this.#shrink(expiredMs);
  }

  #shrink(expiredMs: number): void {
    for (const oldest of this.#entries.values()) {
      const fits = this.#entries.size <= this.#maxEntries && this.#chars <= this.#maxChars;
      if (fits && oldest.atMs > expiredMs) return;
      this.#drop(oldest);
    }
  }

  #drop({ key, asked }: Entry): void {
    this.#entries.delete(key);
    this.#chars -= charsOf(asked);
  }
}

const charsOf = ({ text, system }: Asked): number => text.length + system.length;

/** Whether nothing that is read differs. */
const same = (a: Asked, b: Asked): boolean =>
  a.task === b.task &&
  a.tools === b.tools &&
  a.messages === b.messages &&
  a.historyChars === b.historyChars &&
  sameContext(a.editor, b.editor) &&
  a.system === b.system &&
  a.text === b.text;

function sameContext(a: EditorContext | null, b: EditorContext | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.language === b.language && a.selectionChars === b.selectionChars && a.files === b.files && a.errors === b.errors
  );
}

/** Every field of what is read is compared: the compiler names a new one here. */
type Compared = "text" | "system" | "task" | "tools" | "messages" | "historyChars" | "editor";
type ComparedContext = "language" | "selectionChars" | "files" | "errors";
true satisfies [Exclude<keyof Asked, Compared>, Exclude<keyof EditorContext, ComparedContext>] extends [never, never]
  ? true
  : false;
