/**
 * Trains the classifier: `npm run train:classifier -- --data DIR`, where DIR holds train.jsonl.gz and dev.jsonl.gz.
 * Writes the weights' file, the same byte for byte each time, with what the test expects of it, and prints how it does on
 * the dev items. `--out FILE` writes the weights elsewhere and nothing else, `--loso` prints instead how each source is judged by what was trained without it.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { readWith } from "../../server/logic/routing/reading.ts";
import { readItems as readOutcomes } from "../eval/data.ts";
import { print } from "../eval/print.ts";
import { reportOn } from "../eval/report.ts";
import { baselines, switchyard } from "../eval/routers.ts";
import { foldOf, type Item, labelsOf, readItems, weightsOf } from "./data.ts";
import { extract } from "./extract.ts";
import { fileOf } from "./file.ts";
import { goldenOf } from "./golden.ts";
import { allRows, type Lesson, learn, predict, rowsWhere } from "./learn.ts";
import { leaveOneOut } from "./loso.ts";
import { byRecipe } from "./recipe.ts";

const root = resolve(import.meta.dirname, "../..");
const folds = 5;

/** The file. Calibrated on what models from four fifths of the groups say of the fifth left out. */
function train(items: readonly Item[], lesson: Lesson): Uint8Array {
  const count = items.length;
  const gain = new Float64Array(count);
  const weak = new Float64Array(count);
  const fold = items.map((item) => foldOf(item.group, folds));
  for (let left = 0; left < folds; left++) {
    const rest = rowsWhere(count, (row) => fold[row] === left);
    const told = predict(
      learn(
        lesson,
        rowsWhere(count, (row) => fold[row] !== left),
      ),
      lesson.features,
      rest,
    );
    for (const [i, row] of rest.entries()) {
      gain[row] = told.gain[i]!;
      weak[row] = told.weak[i]!;
    }
    console.error(`fold ${left + 1} of ${folds}`);
  }
  return fileOf(learn(lesson, allRows(count)), { gain, weak }, items);
}

/** Of the dev items, by the same means as `npm run eval:routing`, beside the known recipe. */
function report(file: Uint8Array, data: string, items: readonly Item[], { weak, gain, weights }: Lesson): string {
  const dev = readOutcomes(join(data, "dev.jsonl.gz"));
  const both = extract([...items, ...readItems(data, "dev")]);
  const recipe = byRecipe(both, { weak, strong: gain.map((g, i) => g + weak[i]!), weights });
  const routers = [
    switchyard(dev, readWith(new Classifier(file))),
    { name: "recipe", calibrated: false, scores: recipe },
    ...baselines(dev),
  ];
  return print(reportOn(dev, routers, { resamples: 200, seed: 6, baseline: "length" }));
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string" },
    loso: { type: "boolean", default: false },
  },
});
if (values.data === undefined) {
  console.error("train: say where train.jsonl.gz and dev.jsonl.gz are: --data DIR");
  process.exit(1);
}
const items = readItems(values.data, "train");
const weak = labelsOf(items, "weak");
const lesson: Lesson = {
  features: extract(items),
  sources: items.map((item) => item.source),
  weak,
  gain: labelsOf(items, "strong").map((strong, i) => strong - weak[i]!),
  weights: weightsOf(items),
};
if (values.loso) console.log(leaveOneOut(items, values.data, lesson));
else {
  const file = train(items, lesson);
  const out = values.out ?? join(root, "server/logic/routing/classifier/weights.bin");
  writeFileSync(out, file);
  if (values.out === undefined)
    writeFileSync(join(root, "test/support/estimates.json"), `${JSON.stringify(goldenOf(file), null, 1)}\n`);
  console.log(`${out}: ${file.length} bytes`);
  console.log(report(file, values.data, items, lesson));
}
