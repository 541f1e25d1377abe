/** How each source is judged by a model that never saw it: what is to be expected of prompts of another kind. */
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { noClues } from "../../server/logic/routing/classifier/clues.ts";
import { type Item, randomOf } from "./data.ts";
import { fileOf } from "./file.ts";
import { type Lesson, learn, predict, rowsWhere } from "./learn.ts";
import { apgr } from "./metrics.ts";

const rounds = 200;

/** Half the width of the interval that holds 95 % of the differences between two rankings. */
function interval(a: Float64Array, b: Float64Array, gains: Float64Array): { low: number; high: number } {
  const random = randomOf(11);
  const differences: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const places = Int32Array.from(gains, () => Math.floor(random() * gains.length));
    const some = places.length === 0 ? gains : Float64Array.from(places, (i) => gains[i]!);
    if (some.reduce((sum, gain) => sum + gain, 0) <= 0) continue;
    const at = (values: Float64Array): number =>
      apgr(
        Float64Array.from(places, (i) => values[i]!),
        some,
      );
    differences.push(at(a) - at(b));
  }
  differences.sort((x, y) => x - y);
  return {
    low: differences[Math.floor(differences.length * 0.025)] ?? Number.NaN,
    high: differences[Math.floor(differences.length * 0.975)] ?? Number.NaN,
  };
}

export interface Left {
  readonly source: string;
  readonly items: readonly Item[];
  readonly scores: Float64Array;
}

/** Judgements of each source's items, train and dev, by a classifier that never saw the source. */
export function* judgedWithout(items: readonly Item[], dev: readonly Item[], lesson: Lesson): Generator<Left> {
  for (const source of [...new Set(lesson.sources)].sort()) {
    const rows = rowsWhere(items.length, (row) => lesson.sources[row] !== source);
    const model = learn(lesson, rows);
    // Calibrated on what it learned from: too sure of itself, but that doesn't change an order.
    const told = predict(model, lesson.features, rows);
    const classifier = new Classifier(
      fileOf(
        model,
        told,
        Array.from(rows, (row) => items[row]!),
      ),
    );
    const left = [...items, ...dev].filter((item) => item.source === source);
    yield {
      source,
      items: left,
      scores: Float64Array.from(left, (item) => classifier.estimate(item.prompt, noClues).score),
    };
  }
}

export function leaveOneOut(items: readonly Item[], dev: readonly Item[], lesson: Lesson): string {
  const lines = ["source                       n  classifier  length  difference (95 %)"];
  for (const { source, items: left, scores } of judgedWithout(items, dev, lesson)) {
    const gains = Float64Array.from(left, (item) => item.strong.score - item.weak.score);
    const length = Float64Array.from(left, (item) => item.prompt.length);
    const [own, theirs] = [apgr(scores, gains), apgr(length, gains)];
    const { low, high } = interval(scores, length, gains);
    const line = `${source.padEnd(24)}${String(left.length).padStart(6)}${own.toFixed(3).padStart(12)}${theirs.toFixed(3).padStart(8)}  ${(own - theirs).toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`;
    console.error(line);
    lines.push(line);
  }
  return lines.join("\n");
}
