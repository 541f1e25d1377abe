/** A number from 0 to 1 that the given ones decide: the same faults befall the same requests in every run. */
export function chance(...of: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const n of of) {
    hash = Math.imul(hash ^ (n + 1), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

export const oneOf = <T>(items: readonly T[], dice: number): T => items[Math.floor(dice * items.length)]!;
