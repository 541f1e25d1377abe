/** What the classifier sees of the items: made by its own scanner. */
import { denseCount, denseOf } from "../../server/logic/routing/classifier/dense.ts";
import { Scanner } from "../../server/logic/routing/classifier/scanner.ts";
import type { Item } from "./data.ts";

export interface Features {
  readonly count: number;
  /** `denseCount` numbers for each item. */
  readonly dense: Int32Array;
  /** Hashes of the n-grams of all items, one item after the other; `starts` tells where each begins. */
  readonly grams: Int32Array;
  readonly starts: Int32Array;
  readonly chars: Int32Array;
}

export function extract(items: readonly Item[]): Features {
  const scanner = new Scanner();
  const count = items.length;
  const dense = new Int32Array(count * denseCount);
  const starts = new Int32Array(count + 1);
  const parts: Int32Array[] = [];
  for (const [i, { prompt }] of items.entries()) {
    scanner.scan(prompt);
    denseOf(scanner, dense.subarray(i * denseCount, (i + 1) * denseCount));
    parts.push(scanner.grams.slice(0, scanner.gramCount));
    starts[i + 1] = starts[i]! + scanner.gramCount;
  }
  const grams = new Int32Array(starts[count]!);
  for (const [i, part] of parts.entries()) grams.set(part, starts[i]!);
  return { count, dense, grams, starts, chars: Int32Array.from(items, (item) => item.prompt.length) };
}
