import { markerKinds } from "./markers.ts";
import type { Scanner } from "./scanner.ts";

/**
 * How much the signs of hard work move the odds in a text that resembles nothing in training, in units of their
 * logarithm. Set by hand: everyday traffic of an editor is not in the training data. A text that training knows is
 * judged by what was learned alone.
 */
export const signalShifts = {
  /** Words of design, proof and analysis, up to three. */
  hardWord: 0.35,
  /** Words that say that something is broken, up to three. */
  errorWord: 0.12,
  /** Demands such as "must", "without" and "at most", up to four. */
  demand: 0.08,
  stackTrace: 0.5,
  /** File names beyond the first, up to three. */
  furtherFile: 0.25,
  /** Words of small chores, up to two. */
  lightWord: -0.4,
  /** Nothing that says so little is hard; fades to nothing at 160 characters. */
  brevity: -1.2,
} as const;

const brief = 160;
const kind = (name: (typeof markerKinds)[number]): number => markerKinds.indexOf(name);
const [hard, error, demand, light] = [kind("hard"), kind("error"), kind("constrains"), kind("light")];

export function signalsOf(s: Scanner): number {
  let shift = signalShifts.hardWord * Math.min(s.kinds[hard]!, 3);
  shift += signalShifts.errorWord * Math.min(s.kinds[error]!, 3);
  shift += signalShifts.demand * Math.min(s.kinds[demand]!, 4);
  if (s.traceLines > 0) shift += signalShifts.stackTrace;
  if (s.fileNames > 1) shift += signalShifts.furtherFile * Math.min(s.fileNames - 1, 3);
  shift += signalShifts.lightWord * Math.min(s.kinds[light]!, 2);
  if (s.chars < brief) shift += signalShifts.brevity * (1 - s.chars / brief);
  return shift;
}
