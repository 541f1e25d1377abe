/** How each source is judged by a model that never saw it: what is to be expected of prompts of another kind. */
import { join } from "node:path";
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { readWith } from "../../server/logic/routing/reading.ts";
import { readItems } from "../eval/data.ts";
import { reportOn } from "../eval/report.ts";
import { baselines, switchyard } from "../eval/routers.ts";
import type { Item } from "./data.ts";
import { fileOf } from "./file.ts";
import { type Lesson, learn, predict, rowsWhere } from "./learn.ts";

/** A classifier that never saw the source; calibrated on what it learned from: too sure of itself, but in the same order. */
function without(source: string, items: readonly Item[], lesson: Lesson): Classifier {
  const rows = rowsWhere(items.length, (row) => lesson.sources[row] !== source);
  const model = learn(lesson, rows);
  const seen = Array.from(rows, (row) => items[row]!);
  return new Classifier(fileOf(model, predict(model, lesson.features, rows), seen));
}

/** A line a source: all its items, train and dev, ranked by a classifier that never saw it and by their length. */
export function leaveOneOut(items: readonly Item[], data: string, lesson: Lesson): string {
  const outcomes = ["train", "dev"].flatMap((split) => readItems(join(data, `${split}.jsonl.gz`)));
  const lines = ["source                       n  classifier  length  difference (95 %)"];
  for (const source of [...new Set(lesson.sources)].sort()) {
    const left = outcomes.filter((item) => item.source === source);
    const own = switchyard(left, readWith(without(source, items, lesson)));
    const routers = [own, ...baselines(left).filter(({ name }) => name === "length")];
    const [classifier, length] = reportOn(left, routers, { resamples: 200, seed: 11, baseline: "length" }).routers;
    const { value, difference } = classifier!.all.apgr;
    const interval = difference?.interval?.map((edge) => edge.toFixed(3)).join(" … ") ?? "-";
    lines.push(
      `${source.padEnd(24)}${String(left.length).padStart(6)}${value.toFixed(3).padStart(12)}` +
        `${length!.all.apgr.value.toFixed(3).padStart(8)}  ${difference?.value.toFixed(3)} (${interval})`,
    );
    console.error(lines.at(-1));
  }
  return lines.join("\n");
}
