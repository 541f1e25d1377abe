import { fnv } from "../../kit/fnv.ts";

/** A wait asked for by `Retry-After` that is longer than this is the client's to keep, not ours. */
export const mostAskedMs = 5_000;
const baseMs = 200;

/**
 * Milliseconds to wait before the `n`-th retry (from 0): what the provider asked for, or 200, 400, 800 …; jittered, so that
 * those who failed together don't come back together. The chance is the request's own id: the same one waits the same.
 */
export function backoffMs(n: number, askedMs: number | undefined, id: string): number {
  const chance = fraction(`${id} ${n}`);
  if (askedMs !== undefined) return askedMs + chance * Math.max(50, askedMs * 0.1);
  return baseMs * 2 ** n * (0.5 + chance / 2);
}

/** A number from 0 to 1 that the text decides. */
function fraction(text: string): number {
  let hash = fnv(text);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
