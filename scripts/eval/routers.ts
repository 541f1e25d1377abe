import type { Read } from "../../server/logic/routing/reading.ts";
import type { Item } from "./data.ts";
import type { Router } from "./report.ts";

/** The product's own reading of a prompt that is asked alone. */
export const switchyard = (items: readonly Item[], read: Read): Router => ({
  name: "switchyard",
  calibrated: true,
  scores: scoresOf(items, ({ prompt }) => {
    const asked = { text: prompt, system: "", task: null, tools: false, messages: 1, historyChars: 0, editor: null };
    return read(asked).estimate.score;
  }),
});

/** What a router must beat. */
export const baselines = (items: readonly Item[]): readonly Router[] => [
  { name: "random", calibrated: false, scores: new Float64Array(items.length) }, // one tie: the average over all orders
  { name: "length", calibrated: false, scores: scoresOf(items, ({ prompt }) => prompt.length) },
  { name: "heuristic", calibrated: false, scores: scoresOf(items, ({ prompt }) => Number(ruleOfThumb(prompt))) },
  { name: "oracle", calibrated: false, scores: scoresOf(items, ({ weak, strong }) => strong - weak) },
];

/** The known heuristic. */
const ruleOfThumb = (prompt: string): boolean => prompt.length >= 120 || /explain/i.test(prompt);

const scoresOf = (items: readonly Item[], score: (item: Item) => number): Float64Array =>
  Float64Array.from(items, score);
