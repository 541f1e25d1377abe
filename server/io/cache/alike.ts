import type { Alike, Answer, Forget, Question, Recollection } from "../../domain/memory.ts";
import type { Clock } from "../../kit/clock.ts";
import { differs, type Marks, marksOf } from "../../logic/memory/veto.ts";
import { meets } from "./answers.ts";
import type { Vectors } from "./embedder.ts";

export interface AlikeOptions {
  readonly clock: Clock;
  readonly vectors: Vectors;
  /** Null: nothing is remembered. */
  readonly limits: () => { readonly ttlSeconds: number; readonly maxBytes: number; readonly maxEntries: number } | null;
  /** How alike questions must be, 0…1. */
  readonly threshold: () => number;
}

interface Row {
  readonly id: number;
  readonly scope: string;
  readonly text: string;
  readonly marks: Marks;
  readonly answer: Answer;
}

/** Of so many questions of one scope it is looked first whether any could be the same: most often none, and nobody waits. */
const closeLook = 256;
/**
 * Milliseconds that a request waits for the search. Where some question may be the same it is worth waiting for the
 * worker's start too; among many nobody knows, and a busy worker mustn't cost more than it saves.
 */
const withinMs = { likely: 2_000, unknown: 250 };
/** How many of the nearest questions are looked at. */
const nearest = 8;

/**
 * How alike two questions are, 0…1, whose words all have their counterparts: that is one half, the cosine of their sentence
 * vectors the other. What differs in anything that matters isn't alike at all (see logic/memory/veto.ts).
 */
export const likeness = (cosine: number): number => (1 + Math.min(1, Math.max(-1, cosine))) / 2;
const cosineOf = (alike: number): number => 2 * alike - 1;

/** Answers by what was asked, in other words too. In memory only. */
export class AlikeAnswers implements Alike {
  readonly #o: AlikeOptions;
  /** The oldest first. */
  readonly #byId = new Map<number, Row>();
  /** By their own words. */
  readonly #scopes = new Map<string, Map<string, Row>>();
  #bytes = 0;
  #lastId = 0;

  constructor(o: AlikeOptions) {
    this.#o = o;
  }

  search({ scope, text }: Question): Recollection | null | Promise<Recollection | null> {
    const rows = this.#scopes.get(scope);
    const limits = this.#o.limits();
    if (!rows || limits === null) return null;
    const same = rows.get(plain(text));
    if (same && this.#good(same)) return { answer: same.answer, similarity: 1 };
    const marks = marksOf(text);
    if (rows.size > closeLook) return this.#nearest(scope, text, marks, withinMs.unknown);
    const likely = rows.values().some((row) => differs(row.marks, marks) === null);
    return likely ? this.#nearest(scope, text, marks, withinMs.likely) : null;
  }

  keep({ scope, text }: Question, answer: Answer): void {
    const limits = this.#o.limits();
    if (limits === null) return;
    const before = this.#scopes.get(scope)?.get(plain(text));
    if (before) this.#drop([before]);
    const row: Row = { id: ++this.#lastId, scope, text: plain(text), marks: marksOf(text), answer };
    this.#byId.set(row.id, row);
    const rows = this.#scopes.get(scope);
    if (rows) rows.set(row.text, row);
    else this.#scopes.set(scope, new Map([[row.text, row]]));
    this.#bytes += sizeOf(row);
    this.#o.vectors.add(row.id, scope, text);
    this.#trim(limits);
  }

  forget(which: Forget): number {
    const gone = [...this.#byId.values()].filter((row) => meets(row.answer, which));
    this.#drop(gone);
    return gone.length;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The configuration has changed: what exceeds it goes. */
  obey(): void {
    const limits = this.#o.limits();
    if (limits === null) this.#drop([...this.#byId.values()]);
    else this.#trim(limits);
  }

  async #nearest(scope: string, text: string, marks: Marks, ms: number): Promise<Recollection | null> {
    const least = cosineOf(this.#o.threshold());
    const found = await this.#o.vectors.search(scope, text, { k: nearest, least, withinMs: ms });
    for (const { id, similarity } of found) {
      const row = this.#byId.get(id);
      if (row && this.#good(row) && differs(row.marks, marks) === null)
        return { answer: row.answer, similarity: likeness(similarity) };
    }
    return null;
  }

  /** Whether it is still to be given; else it goes. */
  #good(row: Row): boolean {
    const limits = this.#o.limits();
    if (limits !== null && row.answer.atMs > this.#o.clock.wall() - limits.ttlSeconds * 1_000) return true;
    this.#drop([row]);
    return false;
  }

  #trim({ maxBytes, maxEntries }: { readonly maxBytes: number; readonly maxEntries: number }): void {
    const gone: Row[] = [];
    let bytes = this.#bytes;
    for (const row of this.#byId.values()) {
      if (bytes <= maxBytes && this.#byId.size - gone.length <= maxEntries) break;
      gone.push(row);
      bytes -= sizeOf(row);
    }
    this.#drop(gone);
  }

  #drop(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    for (const row of rows) {
      if (!this.#byId.delete(row.id)) continue;
      this.#bytes -= sizeOf(row);
      const scope = this.#scopes.get(row.scope);
      scope?.delete(row.text);
      if (scope?.size === 0) this.#scopes.delete(row.scope);
    }
    this.#o.vectors.remove(rows.map((row) => row.id));
  }
}

const plain = (text: string): string => text.trim().replace(/\s+/g, " ");
/** The answer, which the exact memory may hold too, and about as much again for the question's words. */
const sizeOf = ({ answer, text }: Row): number => answer.bytes + 8 * text.length + 2_500;
