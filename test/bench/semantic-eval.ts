/**
 * `node test/bench/semantic-eval.ts FILE`: pairs {origin, similar}, one JSON a line. Every origin is stored and every similar
 * asked: a hit on its own origin is right, on another one wrong.
 */
import { readFileSync } from "node:fs";
import { differs, type Marks, marksOf } from "../../server/logic/memory/veto.ts";

interface Pair {
  readonly origin: string;
  readonly similar: string;
}

/** How near two texts are, 0 to 1; without a model, all are near and the veto alone decides. */
type Nearness = (asked: number, stored: number) => number;

interface Tally {
  right: number;
  wrong: number;
  missed: number;
}

/** The answer served is that of the nearest stored text that the veto lets pass. */
function tally(stored: readonly Marks[], asked: readonly Marks[], nearness: Nearness, threshold: number): Tally {
  const found: Tally = { right: 0, wrong: 0, missed: 0 };
  asked.forEach((question, i) => {
    const passed = stored.flatMap((origin, j) => {
      const near = nearness(i, j);
      return near >= threshold && differs(question, origin) === null ? [{ j, near }] : [];
    });
    // Two origins may read the same: either one serves. Any other one that passes counts as wrong, whatever comes first.
    const wrong = passed.some(({ j }) => stored[j]!.exact !== stored[i]!.exact);
    if (passed.length === 0) found.missed++;
    else if (wrong) found.wrong++;
    else found.right++;
  });
  return found;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node test/bench/semantic-eval.ts FILE");
  process.exit(2);
}
const pairs = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line): Pair => JSON.parse(line));
const timed = (work: () => void, count: number): string => {
  const begun = performance.now();
  work();
  return `${(((performance.now() - begun) * 1000) / count).toFixed(2)} µs`;
};

let origins: Marks[] = [];
let similars: Marks[] = [];
const marking = timed(() => {
  origins = pairs.map(({ origin }) => marksOf(origin));
  similars = pairs.map(({ similar }) => marksOf(similar));
}, pairs.length * 2);
let veto: Tally = { right: 0, wrong: 0, missed: 0 };
const comparing = timed(() => {
  veto = tally(origins, similars, () => 1, 0.9);
}, pairs.length ** 2);
console.table({ "veto alone": { pairs: pairs.length, ...veto } });
console.log(`marksOf ${marking}, differs ${comparing}`);
