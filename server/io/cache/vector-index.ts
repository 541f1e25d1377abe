import { codeOf, SignCodes } from "./sign-codes.ts";
import type { Found } from "./vector-messages.ts";

export interface VectorIndexOptions {
  readonly dimensions: number;
  /** With one more, the oldest is dropped. */
  readonly maxEntries: number;
  /** Scopes with more rows than this are searched by their signs first. Absent: 2,000. */
  readonly exactUpTo?: number;
}

/** Vectors are kept in blocks of so many rows: growing copies nothing. */
const blockRows = 1024;
/** So many of the nearest by sign are compared exactly. */
const reranked = 200;

interface Entry {
  readonly scope: string;
  readonly row: number;
}

/** Unit vectors in flat arrays, and for each scope the list of its rows. A scope's texts are never found from another. */
export class VectorIndex {
  readonly dimensions: number;
  readonly #maxEntries: number;
  readonly #exactUpTo: number;
  readonly #blocks: Float32Array[] = [];
  readonly #codes = new SignCodes();
  /** The oldest first. */
  readonly #entries = new Map<number, Entry>();
  readonly #scopes = new Map<string, number[]>();
  readonly #ids: number[] = [];
  /** Where in its scope's list a row stands. */
  readonly #places: number[] = [];
  readonly #free: number[] = [];

  constructor({ dimensions, maxEntries, exactUpTo = 2_000 }: VectorIndexOptions) {
    this.dimensions = dimensions;
    this.#maxEntries = maxEntries;
    this.#exactUpTo = exactUpTo;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes the place of what the id held before. A vector without a direction is not taken. */
  add(id: number, scope: string, vector: Float32Array): void {
    this.remove(id);
    const unit = this.#unit(vector);
    if (unit === null || this.#maxEntries < 1) return;
    if (this.#entries.size >= this.#maxEntries) this.remove(this.#entries.keys().next().value!);
    const row = this.#free.pop() ?? this.#ids.length;
    const block = Math.floor(row / blockRows);
    if (block === this.#blocks.length) this.#blocks.push(new Float32Array(blockRows * this.dimensions));
    this.#blocks[block]!.set(unit, (row % blockRows) * this.dimensions);
    this.#codes.set(row, codeOf(unit));
    const rows = this.#scopes.get(scope) ?? [];
    if (rows.length === 0) this.#scopes.set(scope, rows);
    this.#ids[row] = id;
    this.#places[row] = rows.push(row) - 1;
    this.#entries.set(id, { scope, row });
  }

  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#free.push(entry.row);
    const rows = this.#scopes.get(entry.scope)!;
    const last = rows.pop()!;
    if (last !== entry.row) {
      const place = this.#places[entry.row]!;
      rows[place] = last;
      this.#places[last] = place;
    }
    if (rows.length === 0) this.#scopes.delete(entry.scope);
  }

  /** The nearest of the scope, best first. */
  search(scope: string, vector: Float32Array, { k, least }: { readonly k: number; readonly least: number }): Found[] {
    const rows = this.#scopes.get(scope);
    const unit = this.#unit(vector);
    if (!rows || unit === null || k < 1) return [];
    const candidates =
      rows.length > this.#exactUpTo ? this.#codes.nearest(codeOf(unit), rows, Math.max(reranked, 4 * k)) : rows;
    return this.#best(candidates, unit, k, least);
  }

  #best(rows: readonly number[], unit: Float32Array, k: number, least: number): Found[] {
    const best: Found[] = [];
    let bound = least;
    for (const row of rows) {
      const similarity = this.#similarity(row, unit);
      if (similarity < bound || (best.length === k && similarity === bound)) continue;
      if (best.length === k) best.pop();
      let at = best.length;
      while (at > 0 && best[at - 1]!.similarity < similarity) at--;
      best.splice(at, 0, { id: this.#ids[row]!, similarity });
      if (best.length === k) bound = best[k - 1]!.similarity;
    }
    return best;
  }

  /** Four sums at once: the processor need not wait for each addition. */
  #similarity(row: number, unit: Float32Array): number {
    const block = this.#blocks[Math.floor(row / blockRows)]!;
    const n = this.dimensions;
    const whole = n - (n % 4);
    let at = (row % blockRows) * n;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < whole; i += 4, at += 4) {
      a += block[at]! * unit[i]!;
      b += block[at + 1]! * unit[i + 1]!;
      c += block[at + 2]! * unit[i + 2]!;
      d += block[at + 3]! * unit[i + 3]!;
    }
    for (let i = whole; i < n; i++, at++) a += block[at]! * unit[i]!;
    return a + b + (c + d);
  }

  /** Of length 1; null: it has another number of dimensions, or no direction. */
  #unit(vector: Float32Array): Float32Array | null {
    if (vector.length !== this.dimensions) return null;
    let squares = 0;
    for (const x of vector) squares += x * x;
    const length = Math.sqrt(squares);
    return length > 0 && Number.isFinite(length) ? vector.map((x) => x / length) : null;
  }
}
