/** Characters of a text that its hash depends on, besides its length. */
const most = 4_096;
const bytes = Buffer.alloc(2 * most);
const words = new Uint32Array(bytes.buffer, bytes.byteOffset, most / 2);

/** Turned about, since a product's low bits know nothing of what was above them. */
function mixed(sum: number, word: number): number {
  const h = Math.imul(sum ^ word, 0x9e3779b1);
  return (h << 15) | (h >>> 17);
}

/**
 * A 32-bit hash of a text's length and its first 4,096 characters, for tables that compare the texts themselves before they
 * believe it. The engine's own, which a Map computes of each new string, takes several times as long: it goes by the character.
 */
export function textHash(text: string): number {
  const length = Math.min(text.length, most);
  bytes.write(text, 0, "utf16le");
  const whole = length >> 1;
  // Four sums that don't wait for each other.
  let a = text.length;
  let b = 1;
  let c = 2;
  let d = 3;
  let i = 0;
  for (; i + 4 <= whole; i += 4) {
    a = mixed(a, words[i]!);
    b = mixed(b, words[i + 1]!);
    c = mixed(c, words[i + 2]!);
    d = mixed(d, words[i + 3]!);
  }
  for (; i < whole; i++) a = mixed(a, words[i]!);
  if (length % 2 === 1) b = mixed(b, text.charCodeAt(length - 1));
  return mixed(mixed(mixed(mixed(0, a), b), c), d);
}
