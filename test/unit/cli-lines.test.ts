import assert from "node:assert/strict";
import fc from "fast-check";
import { type BadLine, Lines } from "../../server/surfaces/cli/lines.ts";

function cut(chunks: readonly Buffer[], maxBytes?: number): (string | BadLine)[] {
  const taken: (string | BadLine)[] = [];
  const lines = new Lines((line) => taken.push(line), maxBytes);
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return taken;
}

describe("lines of stdin", () => {
  it("are the same wherever the chunks end, and the last one needs no end", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1 }).map((s) => `x${s.replace(/[\r\n\ufeff]/g, "")}`);
    fc.assert(
      fc.property(
        fc.array(word),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("\n", "\r\n\r\n"),
        (words, size, end) => {
          const bytes = Buffer.from(words.join(end));
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
            bytes.subarray(i * size, (i + 1) * size),
          );
          assert.deepEqual(
            cut(chunks).map((line) => (typeof line === "string" ? line.replace(/\r$/, "") : line)),
            words,
          );
        },
      ),
    );
  });

  it("that are too long or no UTF-8 are said to be, in their place", () => {
    const chunks = ["a\n", "b".repeat(6), "b".repeat(6), "b\nc\n"].map((s) => Buffer.from(s));
    const [a, b, c, d] = cut([...chunks, Buffer.from([0xff, 0x0a])], 10);
    assert.deepEqual([a, c], ["a", "c"]);
    assert.equal((b as BadLine).code, "too_large");
    assert.equal((d as BadLine).code, "bad_request");
  });

  it("may begin with a byte order mark", () => {
    assert.deepEqual(cut([Buffer.from("\ufeffa\nb")]), ["a", "b"]);
  });
});
