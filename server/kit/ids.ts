import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32
const pool = { bytes: new Uint8Array(0), at: 0 };

/** An id that sorts by time: 9 characters of milliseconds, 9 random ones (45 bits), Crockford base 32. */
export function newId(wallMs: number): string {
  let time = "";
  for (let ms = wallMs, i = 0; i < 9; i++, ms = Math.floor(ms / 32)) time = alphabet[ms % 32] + time;
  if (pool.at + 9 > pool.bytes.length) {
    pool.bytes = randomBytes(4608); // one call to the system for 512 ids
    pool.at = 0;
  }
  let random = "";
  for (let i = 0; i < 9; i++) random += alphabet[pool.bytes[pool.at++]! & 31];
  return time + random;
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
