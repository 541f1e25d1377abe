/** 32-bit words of a code: 256 signs. */
export const codeWords = 8;
const bits = codeWords * 32;

/** The signs of 256 sums of a vector's numbers. Of vectors that point the same way, most signs agree. */
export function codeOf(vector: Float32Array): Uint32Array {
  const sums = new Float32Array(bits);
  for (let i = 0; i < vector.length; i++) sums[i % bits]! += vector[i]!;
  const code = new Uint32Array(codeWords);
  for (let i = 0; i < bits; i++) if (sums[i]! > 0) code[i >>> 5]! |= 1 << (i & 31);
  return code;
}

/** How many bits of a word are set. */
function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A code for each row of an index; a sixty-fourth of what its vectors take, so that all can be looked at. */
export class SignCodes {
  #words = new Uint32Array(1024 * codeWords);
  /** Distances of the last search, and how many rows had each. */
  #distances = new Uint16Array(0);
  readonly #counts = new Uint32Array(bits + 1);

  set(row: number, code: Uint32Array): void {
    if ((row + 1) * codeWords > this.#words.length) {
      const more = new Uint32Array(this.#words.length * 2);
      more.set(this.#words);
      this.#words = more;
    }
    this.#words.set(code, row * codeWords);
  }

  /** Those `count` of `rows` whose signs differ least from the code; among equals any. */
  nearest(code: Uint32Array, rows: readonly number[], count: number): number[] {
    if (this.#distances.length < rows.length) this.#distances = new Uint16Array(rows.length * 2);
    const [distances, counts] = [this.#distances, this.#counts.fill(0)];
    for (let i = 0; i < rows.length; i++) {
      const distance = this.#distance(code, rows[i]! * codeWords);
      distances[i] = distance;
      counts[distance]!++;
    }
    let [edge, nearer] = [0, 0];
    while (edge < bits && nearer + counts[edge]! < count) nearer += counts[edge++]!;
    let ties = count - nearer;
    const found: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      if (distances[i]! < edge || (distances[i] === edge && ties-- > 0)) found.push(rows[i]!);
    }
    return found;
  }

  #distance(code: Uint32Array, at: number): number {
    const words = this.#words;
    let distance = 0;
    for (let i = 0; i < codeWords; i++) distance += ones(words[at + i]! ^ code[i]!);
    return distance;
  }
}
