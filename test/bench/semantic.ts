/**
 * `npm run eval:semantic [-- FILE]`: what the semantic cache takes for the same question, with the model that ships and the
 * threshold's default, beside the sentence vectors alone. The project's own near misses and paraphrases; and, by GPTCache's
 * method, a file of pairs {origin, similar}, one JSON a line: every origin is stored and every similar asked; a hit on its
 * own origin is right, on another one wrong.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { likeness } from "../../server/io/cache/alike.ts";
import { loadSentenceModel } from "../../server/io/cache/sentence-model.ts";
import { differs, marksOf } from "../../server/logic/memory/veto.ts";
import { semanticCacheSchema } from "../../server/protocol/config.ts";

const root = join(import.meta.dirname, "../..");
const { threshold } = semanticCacheSchema.parse({});
/** How near the questions must be for those who look at vectors alone: as GPTCache does by default, and stricter. */
const alone = [0.8, 0.9, 0.95];

const lines = <T>(file: string): T[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

const embed = await loadSentenceModel(join(root, "dist/server/embedding"));
const vectors = new Map<string, Float32Array>();
async function know(texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    if (vectors.has(text)) continue;
    const v = Float32Array.from(await embed(text));
    const length = Math.hypot(...v);
    vectors.set(
      text,
      v.map((x) => x / length),
    );
  }
}
function cosine(a: string, b: string): number {
  const [x, y] = [vectors.get(a)!, vectors.get(b)!];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
const near = (a: string, b: string): boolean => likeness(cosine(a, b)) >= threshold;
const percent = (n: number, of: number): string => `${n} of ${of} (${((100 * n) / of).toFixed(1)} %)`;

interface Pair {
  readonly kind?: string;
  readonly a: string;
  readonly b: string;
}

/** How many pairs are taken for one question. */
function taken(pairs: readonly Pair[]): Record<string, string> {
  const count = (f: (p: Pair) => boolean) => percent(pairs.filter(f).length, pairs.length);
  const same = ({ a, b }: Pair) => differs(marksOf(a), marksOf(b)) === null;
  return {
    ...Object.fromEntries(alone.map((t) => [`vectors ≥ ${t}`, count((p) => cosine(p.a, p.b) >= t)])),
    "words alone": count(same),
    both: count((p) => same(p) && near(p.a, p.b)),
  };
}

const support = (name: string) => lines<Pair>(join(root, "test/support", name));
const misses = support("near-misses.jsonl");
const paraphrases = support("paraphrases.jsonl");
await know([...misses, ...paraphrases].flatMap(({ a, b }) => [a, b]));
console.log(`taken for the same question, at the threshold ${threshold}`);
console.table({
  "near misses (wrong)": taken(misses),
  ...Object.fromEntries(
    [...new Set(misses.map((p) => p.kind))].map((kind) => [`  ${kind}`, taken(misses.filter((p) => p.kind === kind))]),
  ),
  "paraphrases (right)": taken(paraphrases),
});

const [file] = process.argv.slice(2);
if (file !== undefined) await ownMethod(file);

async function ownMethod(path: string): Promise<void> {
  const pairs = lines<{ readonly origin: string; readonly similar: string }>(path);
  await know(pairs.flatMap(({ origin, similar }) => [origin, similar]));
  const origins = pairs.map(({ origin }) => ({ text: origin, marks: marksOf(origin) }));
  const plain = (text: string) => text.trim().toLowerCase();
  /** The answer given is that of the nearest origin that passes. */
  const ask = (passes: (similar: string, at: number, cos: number) => boolean) => {
    let right = 0;
    let wrong = 0;
    for (const { origin, similar } of pairs) {
      let best: { readonly text: string; readonly cos: number } | null = null;
      for (const [at, { text }] of origins.entries()) {
        const cos = cosine(similar, text);
        if ((best === null || cos > best.cos) && passes(similar, at, cos)) best = { text, cos };
      }
      // Two origins may read the same: either one serves.
      if (best) plain(best.text) === plain(origin) ? right++ : wrong++;
    }
    const hits = right + wrong;
    return {
      right,
      wrong,
      missed: pairs.length - hits,
      "wrong share of hits": hits ? percent(wrong, hits) : "no hits",
    };
  };
  const marks = new Map(pairs.map(({ similar }) => [similar, marksOf(similar)]));
  const same = (similar: string, at: number) => differs(marks.get(similar)!, origins[at]!.marks) === null;
  console.log(`${path}: ${pairs.length} pairs, by GPTCache's method`);
  console.table({
    ...Object.fromEntries(alone.map((t) => [`vectors ≥ ${t}`, ask((_s, _at, cos) => cos >= t)])),
    "words alone": ask((s, at) => same(s, at)),
    both: ask((s, at, cos) => likeness(cos) >= threshold && same(s, at)),
  });
}
