import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32
const time = { ms: -1, text: "" };
const pool = { text: "", at: 0 };

/** An id that sorts by time: 9 characters of milliseconds, 9 random ones (45 bits), Crockford base 32. */
export function newId(wallMs: number): string {
  if (wallMs !== time.ms) {
    time.ms = wallMs;
    time.text = "";
    for (let ms = wallMs, i = 0; i < 9; i++, ms = Math.floor(ms / 32)) time.text = alphabet[ms % 32] + time.text;
  }
  if (pool.at === pool.text.length) {
    pool.text = Array.from(randomBytes(4608), (byte) => alphabet[byte & 31]!).join(""); // enough for 512 ids
    pool.at = 0;
  }
  const random = pool.text.slice(pool.at, pool.at + 9);
  pool.at += 9;
  return time.text + random;
}

/** The milliseconds that an id begins with; null for what was not made here. */
export function timeOfId(id: string): number | null {
  let ms = 0;
  for (let i = 0; i < 9; i++) {
    const digit = id[i] === undefined ? -1 : alphabet.indexOf(id[i]!);
    if (digit < 0) return null;
    ms = ms * 32 + digit;
  }
  return ms;
}
