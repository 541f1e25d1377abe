import {
  type Alike,
  type Answer,
  type Embedding,
  type Forget,
  meets,
  type Question,
  type Recollection,
} from "../../domain/memory.ts";
import type { Clock } from "../../kit/clock.ts";
import { differs, type Marks, marksOf } from "../../logic/memory/veto.ts";
import type { SearchOptions, Sense, Vectors } from "./embedder.ts";

export interface AlikeOptions {
  readonly clock: Clock;
  readonly vectors: Vectors;
  /** Null: nothing is remembered. */
  readonly limits: () => { readonly ttlSeconds: number; readonly maxBytes: number; readonly maxEntries: number } | null;
  /** How alike questions must be, 0…1. */
  readonly threshold: () => number;
  /** Whose vectors are compared; null: the packaged model's. */
  readonly space: () => string | null;
}

interface Row {
  readonly id: number;
  readonly scope: string;
  readonly text: string;
  readonly marks: Marks;
  readonly answer: Answer;
  readonly bytes: number;
}

/** Of so many questions of one scope it is looked first whether any could be the same: most often none, and nobody waits. */
const closeLook = 1_000;
/**
 * Milliseconds that a request waits for the search. Where some question may be the same it is worth waiting for the
 * worker's start too; among many nobody knows, and a busy worker mustn't cost more than it saves.
 */
const withinMs = { likely: 2_000, unknown: 250 };
/** Milliseconds that an endpoint has for a vector: a request waits for the one, and nobody for the other. */
const vectorMs = { search: 1_000, keep: 10_000 };
/** Answers that wait for their questions' vectors; of more, none is kept. */
const maxPending = 1_000;
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
  /** Answers whose questions' vectors are still to come. */
  readonly #pending = new Set<Answer>();
  #space: string | null;
  #bytes = 0;
  #lastId = 0;

  constructor(o: AlikeOptions) {
    this.#o = o;
    this.#space = o.space();
  }

  search(question: Question, embedding: Embedding | null): Recollection | null | Promise<Recollection | null> {
    const { scope, text } = question;
    const rows = this.#scopes.get(scope);
    const limits = this.#o.limits();
    if (!rows || limits === null) return null;
    const same = rows.get(plain(text));
    if (same && this.#good(same)) return { answer: same.answer, similarity: 1 };
    const marks = marksOf(text);
    if (rows.size > closeLook) return this.#nearest(question, embedding, marks, { withinMs: withinMs.unknown });
    const likely = [...rows.values()].filter((row) => differs(row.marks, marks) === null).map((row) => row.id);
    if (likely.length === 0) return null;
    return this.#nearest(question, embedding, marks, { withinMs: withinMs.likely, after: likely });
  }

  keep(question: Question, answer: Answer, embedding: Embedding | null): void {
    if (embedding === null) return this.#put(question, answer, null, question.text);
    if (this.#o.limits() === null || this.#pending.size >= maxPending) return;
    this.#pending.add(answer);
    void embedding.vector(vectorMs.keep).then((vector) => {
      const wanted = this.#pending.delete(answer); // it may have been forgotten meanwhile
      if (wanted && vector !== null) this.#put(question, answer, embedding, vector);
    });
  }

  #put({ scope, text }: Question, answer: Answer, embedding: Embedding | null, sense: Sense): void {
    const limits = this.#o.limits();
    if (limits === null || !this.#comparable(embedding)) return;
    const before = this.#scopes.get(scope)?.get(plain(text));
    if (before) this.#drop([before]);
    const bytes = sizeOf(answer, text, sense);
    const row: Row = { id: ++this.#lastId, scope, text: plain(text), marks: marksOf(text), answer, bytes };
    this.#byId.set(row.id, row);
    const rows = this.#scopes.get(scope);
    if (rows) rows.set(row.text, row);
    else this.#scopes.set(scope, new Map([[row.text, row]]));
    this.#bytes += bytes;
    this.#o.vectors.add(row.id, scope, sense);
    this.#trim(limits);
  }

  /** Returns the keys of the answers that are forgotten. */
  forget(which: Forget): readonly string[] {
    const gone = [...this.#byId.values()].filter((row) => meets(row.answer, which));
    this.#drop(gone);
    const coming = [...this.#pending].filter((answer) => meets(answer, which));
    for (const answer of coming) this.#pending.delete(answer);
    return [...gone.map((row) => row.answer), ...coming].map((answer) => answer.key);
  }

  /** What is too old goes. */
  expire(): void {
    this.#drop([...this.#byId.values()].filter((row) => !this.#young(row)));
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The configuration has changed: what exceeds it goes, and what can't be compared with what comes. */
  obey(): void {
    const limits = this.#o.limits();
    const space = this.#o.space();
    if (limits === null || space !== this.#space) this.forget({});
    else this.#trim(limits);
    if (space !== this.#space) this.#o.vectors.clear();
    this.#space = space;
  }

  /** Whether vectors like this one are remembered; not while a request is under way that began before another model was chosen. */
  #comparable(embedding: Embedding | null): boolean {
    return (embedding?.space ?? null) === this.#space;
  }

  async #nearest(
    { scope, text }: Question,
    embedding: Embedding | null,
    marks: Marks,
    when: Pick<SearchOptions, "withinMs" | "after">,
  ): Promise<Recollection | null> {
    const sense = embedding === null ? text : await embedding.vector(vectorMs.search);
    if (sense === null || !this.#comparable(embedding)) return null;
    const least = cosineOf(this.#o.threshold());
    const found = await this.#o.vectors.search(scope, sense, { k: nearest, least, ...when });
    for (const { id, similarity } of found) {
      const row = this.#byId.get(id);
      if (row && this.#good(row) && differs(row.marks, marks) === null)
        return { answer: row.answer, similarity: likeness(similarity) };
    }
    return null;
  }

  /** Whether it is still to be given; else it goes. */
  #good(row: Row): boolean {
    const young = this.#young(row);
    if (!young) this.#drop([row]);
    return young;
  }

  #young({ answer }: Row): boolean {
    const limits = this.#o.limits();
    return limits !== null && answer.atMs > this.#o.clock.wall() - limits.ttlSeconds * 1_000;
  }

  #trim({ maxBytes, maxEntries }: { readonly maxBytes: number; readonly maxEntries: number }): void {
    const gone: Row[] = [];
    let bytes = this.#bytes;
    for (const row of this.#byId.values()) {
      if (bytes <= maxBytes && this.#byId.size - gone.length <= maxEntries) break;
      gone.push(row);
      bytes -= row.bytes;
    }
    this.#drop(gone);
  }

  #drop(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    for (const row of rows) {
      if (!this.#byId.delete(row.id)) continue;
      this.#bytes -= row.bytes;
      const scope = this.#scopes.get(row.scope);
      scope?.delete(row.text);
      if (scope?.size === 0) this.#scopes.delete(row.scope);
    }
    this.#o.vectors.remove(rows.map((row) => row.id));
  }
}

/** Blanks inside may mean something: they are left to the comparison of words. */
const plain = (text: string): string => text.trim();
/** Bytes of a vector of the packaged model. */
const packagedBytes = 2_048;
/** The answer, which the exact memory may hold too, and about as much again for the question's words and its vector. */
const sizeOf = (answer: Answer, text: string, sense: Sense): number =>
  answer.bytes + 8 * text.length + 500 + (typeof sense === "string" ? packagedBytes : sense.byteLength);
