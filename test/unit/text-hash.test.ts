import assert from "node:assert/strict";
import { textHash } from "../../server/kit/text-hash.ts";

describe("the hash of a text", () => {
  it("is the same for the same text, however its string was made", () => {
    for (const text of ["", "a", "ab", "naïve 中文 🦊", "x".repeat(5_000)])
      assert.equal(textHash(text), textHash(Buffer.from(text).toString()), text.slice(0, 20));
    textHash("what another text left behind");
    assert.equal(textHash("ab"), textHash(`a${"b"}`));
  });

  it("tells texts apart by each of their characters, and by their length", () => {
    const text = "Why does the third test fail on Windows?".repeat(10);
    const others = Array.from(text, (c, i) => `${text.slice(0, i)}${c === "#" ? "+" : "#"}${text.slice(i + 1)}`);
    const hashes = new Set([text, ...others, ...others.map((_, i) => text.slice(0, i))].map(textHash));
    assert.equal(hashes.size, 2 * text.length + 1);
    assert.notEqual(textHash("x".repeat(5_000)), textHash("x".repeat(5_001)));
  });
});
