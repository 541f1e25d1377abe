/** Marks in `kinds`: what is part of no word, and what ends a sentence. All others are the character itself, in lower case. */
export const outside = 0;
export const stop = 1;

/** What each character is to a reader of words: `\w` in lower case, a full stop of some kind, or neither. */
export const kinds = new Uint8Array(65_536);
for (let code = 0; code < 128; code++) {
  const c = String.fromCharCode(code);
  if (/\w/.test(c)) kinds[code] = c.toLowerCase().charCodeAt(0);
  else if (".?!\n".includes(c)) kinds[code] = stop;
}

/** 1: part of a word. */
const inWord = Uint8Array.from(kinds, (kind) => (kind > stop ? 1 : 0));

/** The characters of a text, and where its words begin (at even places) and end (at odd ones). */
export interface Cut {
  readonly units: Uint16Array;
  readonly edges: Uint32Array;
  /** How many words there are. */
  readonly words: number;
}

let bytes = Buffer.alloc(8_192);
let units = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
let edges = new Uint32Array(units.length + 2);
const cut = { units, edges, words: 0 };

/** Cuts a text into words; what it returns holds until the next call. */
export function cutIntoWords(text: string): Cut {
  if (text.length > units.length) {
    bytes = Buffer.alloc(2 * text.length);
    cut.units = units = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
    cut.edges = edges = new Uint32Array(text.length + 2);
  }
  bytes.write(text, 0, "utf16le"); // an array is read several times as fast as a string
  let count = 0;
  let before = 0;
  // Without a branch: where words end can't be foretold, and a processor that guesses wrong loses more than all the rest takes.
  for (let i = 0, n = text.length; i < n; i++) {
    const now = inWord[units[i]!]!;
    edges[count] = i;
    count += now ^ before;
    before = now;
  }
  edges[count] = text.length;
  cut.words = (count + 1) >> 1;
  return cut;
}

const slots = 2 ** 12;
const primes = { length: 0x85ebca6b, letters: 0xc2b2ae35 } as const;

/** A few words that are told from all others by one look: each has a slot of its own, by its length and its first and last letters. */
export class Words {
  readonly #words: readonly Uint8Array[];
  readonly #at = new Uint8Array(slots);
  #seed = 1;

  /** At most 255 of them, in lower case, of two letters or more, no two alike in length and the first and last two letters. */
  constructor(words: readonly string[]) {
    this.#words = words.map((word) => Uint8Array.from(word, (c) => c.charCodeAt(0)));
    while (!this.#fits()) if (++this.#seed > 10_000) throw new Error("two words are too much alike");
  }

  /** The number of the word, from 1 on, that stands between `start` and `end`; 0: it is none of them. */
  find(text: Uint16Array, start: number, end: number): number {
    const length = end - start;
    if (length < 2) return 0;
    const found =
      this.#at[
        this.#slotOf(
          length,
          kinds[text[start]!]!,
          kinds[text[start + 1]!]!,
          kinds[text[end - 2]!]!,
          kinds[text[end - 1]!]!,
        )
      ]!;
    if (found === 0) return 0;
    const word = this.#words[found - 1]!;
    if (word.length !== length) return 0;
    for (let i = 0; i < length; i++) if (kinds[text[start + i]!] !== word[i]) return 0;
    return found;
  }

  #slotOf(length: number, a: number, b: number, y: number, z: number): number {
    const h = Math.imul(
      (a | (b << 8) | (y << 16) | (z << 24)) ^ Math.imul(length, primes.length),
      this.#seed * 2 + primes.letters,
    );
    return h >>> 20; // the highest bits depend on all letters
  }

  #fits(): boolean {
    this.#at.fill(0);
    return this.#words.every((word, i) => {
      const n = word.length;
      const slot = this.#slotOf(n, word[0]!, word[1]!, word[n - 2]!, word[n - 1]!);
      if (this.#at[slot] !== 0) return false;
      this.#at[slot] = i + 1;
      return true;
    });
  }
}
