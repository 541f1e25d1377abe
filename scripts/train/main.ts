/**
 * Trains the classifier: `npm run train:classifier -- --data DIR`, where DIR holds train.jsonl.gz and dev.jsonl.gz.
 * Writes the weights' file, the same byte for byte each time, with what the test expects of it, and prints how it does on
 * the dev items. `--out FILE` writes the weights elsewhere and nothing else, `--loso` prints instead how each source is judged by what was trained without it.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Classifier } from "../../server/logic/routing/classifier/classifier.ts";
import { noClues } from "../../server/logic/routing/classifier/clues.ts";
import { foldOf, type Item, labelsOf, randomOf, readItems, weightsOf } from "./data.ts";
import { extract } from "./extract.ts";
import { fileOf, scoresOf } from "./file.ts";
import { goldenOf } from "./golden.ts";
import { allRows, type Lesson, learn, predict, rowsWhere } from "./learn.ts";
import { leaveOneOut } from "./loso.ts";
import { tableOf } from "./report.ts";

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

function report(file: Uint8Array, dev: readonly Item[]): string {
  const classifier = new Classifier(file);
  const told = dev.map((item) => classifier.estimate(item.prompt, noClues));
  const [weak, strong] = [scoresOf(dev, "weak"), scoresOf(dev, "strong")];
  const gains = strong.map((score, i) => score - weak[i]!);
  const random = randomOf(1);
  const known = (prompt: string): number => (prompt.length >= 120 || /explain/i.test(prompt) ? 1 : 0);
  const rows = [
    { name: "random", scores: Float64Array.from(dev, () => random()) },
    { name: "length", scores: Float64Array.from(dev, (item) => item.prompt.length) },
    { name: "≥120 chars or explain", scores: Float64Array.from(dev, (item) => known(item.prompt)) },
    { name: "oracle", scores: gains },
    { name: "classifier", scores: Float64Array.from(told, (estimate) => estimate.score), calibrated: true as const },
  ];
  return tableOf(rows, { gains, sources: dev.map((item) => item.source) });
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
const dev = readItems(values.data, "dev");
const weak = labelsOf(items, "weak");
const lesson: Lesson = {
  features: extract(items),
  sources: items.map((item) => item.source),
  weak,
  gain: labelsOf(items, "strong").map((strong, i) => strong - weak[i]!),
  weights: weightsOf(items),
};
if (values.loso) console.log(leaveOneOut(items, dev, lesson));
else {
  const file = train(items, lesson);
  const out = values.out ?? join(root, "server/logic/routing/classifier/weights.bin");
  writeFileSync(out, file);
  if (values.out === undefined)
    writeFileSync(join(root, "test/support/estimates.json"), `${JSON.stringify(goldenOf(file), null, 1)}\n`);
  console.log(`${out}: ${file.length} bytes`);
  console.log(report(file, dev));
}
