import { markerKinds } from "./markers.ts";
import type { Scanner } from "./scanner.ts";

/**
 * How much the signs of hard and of light work move the odds that the strong model is needed, in units of their
 * logarithm. Set by hand, since an editor's everyday traffic is not in the training data.
 */
const signalShifts = {
  /** A stack trace: the cause is elsewhere. */
  stackTrace: 0.5,
  /** File names beyond the first, up to three: they must be seen together. */
  furtherFile: 0.25,
  /** Words of design, proof and concurrency, up to three. */
  hardWord: 0.45,
  /** Words that say that something is broken, up to three. */
  errorWord: 0.12,
  /** Words of small chores, up to two. */
  lightWord: -0.5,
  /** Nothing that says so little is hard; fades to nothing at `brief` characters. */
  brevity: -0.8,
  /** A greeting, a thank you; fades to nothing at `tiny` characters. */
  tininess: -1.5,
} as const;

const brief = 160;
const tiny = 40;
const kind = (name: (typeof markerKinds)[number]): number => markerKinds.indexOf(name);
const [hard, error, light, developer] = [kind("hard"), kind("error"), kind("light"), kind("developer")] as const;

/**
 * Words count in a text that training doesn't know (`strangeness`, 0..1) and in one that speaks of developing software.
 * Elsewhere, in the quizzes and tasks of the training data, they mean something else, and learned weights know better.
 */
export function signalsOf(s: Scanner, strangeness: number): number {
  const { kinds, chars } = s;
  let shift = 0;
  if (s.traceLines > 0) shift += signalShifts.stackTrace;
  if (s.fileNames > 1) shift += signalShifts.furtherFile * Math.min(s.fileNames - 1, 3);
  if (chars < tiny) shift += signalShifts.tininess * (1 - chars / tiny);
  const isTalk = s.options < 3 && s.fences === 0 && chars < 600;
  if (isTalk) shift += signalShifts.hardWord * Math.min(kinds[hard]!, 3);
  const weight = isTalk && kinds[developer]! > 0 ? 1 : strangeness;
  if (weight === 0) return shift;
  let words = signalShifts.errorWord * Math.min(kinds[error]!, 3);
  words += signalShifts.lightWord * Math.min(kinds[light]!, 2);
  if (chars < brief) words += signalShifts.brevity * (1 - chars / brief);
  return shift + weight * words;
}
