/** The weights' file of a model, calibrated on what it said of items. */
import { fingerprintOf } from "../../server/logic/routing/classifier/fingerprint.ts";
import { writeWeights } from "../../server/logic/routing/classifier/weights.ts";
import { calibrated } from "./calibrate.ts";
import type { Item } from "./data.ts";
import type { Model, Predictions } from "./learn.ts";

export const scoresOf = (items: readonly Item[], of: "weak" | "strong"): Float64Array =>
  Float64Array.from(items, (item) => item[of].score);

export function fileOf(
  { length, ...model }: Model,
  { gain, weak }: Pick<Predictions, "gain" | "weak">,
  items: readonly Item[],
): Uint8Array {
  const [weakRight, strongRight] = [scoresOf(items, "weak"), scoresOf(items, "strong")];
  return writeWeights({
    ...model,
    fingerprint: fingerprintOf(),
    curves: {
      length,
      need: calibrated(
        gain,
        strongRight.map((score, i) => Math.max(0, score - weakRight[i]!)),
      ),
      weak: calibrated(weak, weakRight),
      strong: calibrated(
        gain.map((value, i) => value + weak[i]!),
        strongRight,
      ),
    },
  });
}
