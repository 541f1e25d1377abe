/** A piece of a word and its logarithmic likelihood; the first few of a vocabulary are signs of the model's own. */
export type Vocabulary = readonly (readonly [piece: string, score: number])[];

const reserved = 6;
const unknown = 0;
/** What stands for a space, and before the first word. */
const separator = "\u2581";
const codePoints = 0x110000;

/**
 * Cuts a text into the likeliest pieces of a vocabulary (SentencePiece's unigram model), as the published code of the
 * sentence model does, but without a copy of the text's rest for each of its characters.
 */
export class WordPieces {
  /** A tree in one map: from a node and the next character to a node. The root is 0. */
  readonly #edges = new Map<number, number>();
  /** Which piece ends at a node; 0: none. */
  readonly #endsAt: number[] = [unknown];
  readonly #scores: Float64Array;
  readonly #lengths: Uint16Array;

  constructor(vocabulary: Vocabulary) {
    this.#scores = Float64Array.from(vocabulary, ([, score]) => score);
    this.#lengths = Uint16Array.from(vocabulary, ([piece]) => piece.length);
    for (let index = reserved; index < vocabulary.length; index++) this.#insert(vocabulary[index]![0], index);
  }

  /** The pieces' places in the vocabulary. */
  encode(text: string): Int32Array {
    const normal = text.normalize("NFKC");
    if (normal === "") return new Int32Array(0);
    const symbols = Array.from(separator + normal.replaceAll(" ", separator), (symbol) => symbol.codePointAt(0)!);
    const words = this.#likeliest(symbols);
    const pieces: number[] = [];
    let at = symbols.length;
    while (at > 0) {
      const piece = words[at]!;
      if (piece !== unknown || pieces.at(-1) !== unknown) pieces.push(piece); // unknown ones in a row are one
      at -= piece === unknown ? 1 : this.#lengths[piece]!;
    }
    return Int32Array.from(pieces.reverse());
  }

  /** For each place in the text, the last piece of the likeliest way there. */
  #likeliest(symbols: readonly number[]): Int32Array {
    const best = new Float64Array(symbols.length + 1);
    const words = new Int32Array(symbols.length + 1);
    const step = (from: number, to: number, piece: number, score: number): void => {
      const sum = best[from]! + score;
      if (best[to] !== 0 && sum < best[to]!) return;
      best[to] = sum;
      words[to] = piece;
    };
    for (let from = 0; from < symbols.length; from++) {
      let node: number | undefined = 0;
      let found = false;
      for (let to = from; to < symbols.length; ) {
        node = this.#edges.get(node * codePoints + symbols[to]!);
        if (node === undefined) break;
        to++;
        const piece = this.#endsAt[node]!;
        if (piece === unknown) continue;
        found = true;
        step(from, to, piece, this.#scores[piece]!);
      }
      if (!found) step(from, from + 1, unknown, 0);
    }
    return words;
  }

  #insert(piece: string, index: number): void {
    let node = 0;
    for (const symbol of piece) {
      const key = node * codePoints + symbol.codePointAt(0)!;
      let next = this.#edges.get(key);
      if (next === undefined) {
        next = this.#endsAt.push(unknown) - 1;
        this.#edges.set(key, next);
      }
      node = next;
    }
    this.#endsAt[node] = index;
  }
}
