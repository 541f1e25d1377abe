import { Curve } from "./curve.ts";
import { type Forest, leafValues, treeDepth } from "./forest.ts";

/** What training found, as it is laid out in the weights' file: a header of 32-bit numbers, then the sections. */
export interface Weights {
  /** Of the features that it was trained on. */
  readonly fingerprint: number;
  readonly parameters: Parameters;
  readonly forest: Forest;
  /** How long a text of so many characters is: 0 for a short question, 1 for a long task. */
  readonly length: Curve;
  /** From a ranking to probabilities. */
  readonly need: Curve;
  readonly weak: Curve;
  readonly strong: Curve;
  /** One bit for each hash of an n-gram that training saw often enough. */
  readonly known: Uint8Array;
  /** For each bucket of hashes: what it adds to the gain and to the weak model's chance. */
  readonly words: Int8Array;
}

export const parameterNames = [
  "forestScale",
  "gainBase",
  "weakBase",
  "gainWordScale",
  "weakWordScale",
  "gainWordShare",
  "weakWordShare",
  "noveltyFrom",
  "noveltyTo",
  "densityFrom",
  "densityTo",
  "distrust",
  "lengthSlope",
  "strangeLengthSlope",
  "lengthMiddle",
] as const;
export type Parameters = Readonly<Record<(typeof parameterNames)[number], number>>;

export const format = 2;
const magic = 0x43525953; // "SYRC"
const headerWords = 8;
const curveNames = ["length", "need", "weak", "strong"] as const;

class Layout {
  private at = headerWords * 4;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A copy, since what is read need not begin at a multiple of its element's size. */
  take(bytes: number): ArrayBuffer {
    const end = this.at + bytes;
    if (end > this.bytes.length) throw new Error("the classifier's weights are cut short");
    const part = new ArrayBuffer(bytes);
    new Uint8Array(part).set(this.bytes.subarray(this.at, end));
    this.at = end;
    return part;
  }

  end(): void {
    if (this.at !== this.bytes.length) throw new Error("the classifier's weights are longer than their header says");
  }
}

export function readWeights(bytes: Uint8Array): Weights {
  if (bytes.length < headerWords * 4) throw new Error("the classifier's weights are cut short");
  const header = new Uint32Array(bytes.slice(0, headerWords * 4).buffer);
  if (header[0] !== magic) throw new Error("these are no weights of the classifier");
  if (header[1] !== format) throw new Error(`the classifier reads weights of format ${format}, not ${header[1]}`);
  const [trees, depth, points, knownBits, wordBits] = [header[3]!, header[4]!, header[5]!, header[6]!, header[7]!];
  if (depth !== treeDepth) throw new Error(`the classifier's trees have ${treeDepth} levels, not ${depth}`);
  const layout = new Layout(bytes);
  const numbers = new Float32Array(layout.take(parameterNames.length * 4));
  const parameters = Object.fromEntries(parameterNames.map((name, i) => [name, numbers[i]!])) as Parameters;
  const [length, need, weak, strong] = curveNames.map(
    () => new Curve(new Float32Array(layout.take(points * 4)), new Float32Array(layout.take(points * 4))),
  );
  const weights: Weights = {
    fingerprint: header[2]!,
    parameters,
    length: length!,
    need: need!,
    weak: weak!,
    strong: strong!,
    forest: {
      depth,
      trees,
      scale: parameters.forestScale,
      thresholds: new Int32Array(layout.take(trees * depth * 4)),
      leaves: new Int16Array(layout.take((trees << depth) * leafValues * 2)),
      features: new Uint8Array(layout.take(trees * depth)),
    },
    known: new Uint8Array(layout.take(2 ** knownBits / 8)),
    words: new Int8Array(layout.take(2 ** wordBits * 2)),
  };
  layout.end();
  return weights;
}

/** What `writeWeights` needs to know of a curve. */
export interface Points {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

export interface Trained extends Omit<Weights, (typeof curveNames)[number]> {
  readonly curves: Readonly<Record<(typeof curveNames)[number], Points>>;
}

/** The other way: the file, little-endian as all machines that Node runs on. */
export function writeWeights(trained: Trained): Uint8Array {
  const { forest, parameters, curves, known, words } = trained;
  const points = curves.length.xs.length;
  const header = [magic, format, trained.fingerprint, forest.trees, forest.depth, points];
  const parts: ArrayBufferView[] = [
    Uint32Array.from([...header, Math.log2(known.length * 8), Math.log2(words.length / 2)]),
    Float32Array.from(parameterNames, (name) => parameters[name]),
    ...curveNames.flatMap((name) => [curves[name].xs, curves[name].ys]),
    forest.thresholds,
    forest.leaves,
    forest.features,
    known,
    words,
  ];
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}
