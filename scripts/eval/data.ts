import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as z from "zod";

const outcome = z.object({ score: z.number().min(0).max(1), cost: z.number().nonnegative().nullish() });
const lineSchema = z.object({
  id: z.string(),
  source: z.string(),
  prompt: z.string(),
  weak: outcome,
  strong: outcome,
  group: z.string().optional(),
});

/** A prompt with the recorded outcome of a cheap and an expensive model. */
export interface Item {
  readonly id: string;
  readonly source: string;
  readonly prompt: string;
  /** How good each answer was, 0…1. */
  readonly weak: number;
  readonly strong: number;
  /** In units of what the strong model costs on average in its source, so that sources without prices can be added up. */
  readonly weakCost: number;
  readonly strongCost: number;
  /** Items of one group are drawn together. */
  readonly group: string;
}

/** Where a source recorded no cost. */
const unknownCost = { weak: 1, strong: 10 } as const;

/** Reads a .jsonl or .jsonl.gz file. Throws, with the line, on what isn't an item. */
export function readItems(file: string): readonly Item[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text.split("\n").flatMap((line, i) => {
    if (!/\S/.test(line)) return [];
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (parsed.success) return [parsed.data];
    const [issue] = parsed.error.issues;
    throw new Error(`${file}, line ${i + 1}: ${issue?.path.join(".")} ${issue?.message}`);
  });
  return itemsOf(lines);
}

export function itemsOf(lines: readonly z.infer<typeof lineSchema>[]): readonly Item[] {
  const known = (l: (typeof lines)[number]): boolean => l.weak.cost != null && l.strong.cost != null;
  const costs = (l: (typeof lines)[number]) =>
    known(l) ? { weak: l.weak.cost!, strong: l.strong.cost! } : unknownCost;
  const units = new Map<string, { sum: number; n: number }>();
  const unitOf = (l: (typeof lines)[number]): string => `${l.source} ${known(l)}`;
  for (const line of lines) {
    const unit = units.get(unitOf(line)) ?? { sum: 0, n: 0 };
    units.set(unitOf(line), { sum: unit.sum + costs(line).strong, n: unit.n + 1 });
  }
  return lines.map((line) => {
    const { sum, n } = units.get(unitOf(line))!;
    const per = sum > 0 ? n / sum : 0;
    return {
      id: line.id,
      source: line.source,
      prompt: line.prompt,
      weak: line.weak.score,
      strong: line.strong.score,
      weakCost: costs(line).weak * per,
      strongCost: costs(line).strong * per,
      group: line.group ?? line.id,
    };
  });
}
