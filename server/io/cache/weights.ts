/** One array of weights in a model's file; they lie there one after the other. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

const countOf = (spec: WeightSpec): number => spec.shape.reduce((n, side) => n * side, 1);

/** Single numbers are constants of the graph, some of them beyond what 16 bits hold. */
const halved = (spec: WeightSpec): boolean => spec.dtype === "float32" && countOf(spec) > 1;

/** Weights with 32 bits a number, as they ship with 16: half the size, and no similarity moves by more than .002. */
export function packWeights(specs: readonly WeightSpec[], data: ArrayBuffer): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const spec of specs) {
    const part = data.slice(at, at + countOf(spec) * 4);
    at += countOf(spec) * 4;
    parts.push(new Uint8Array(halved(spec) ? new Float16Array(new Float32Array(part)).buffer : part));
  }
  if (at !== data.byteLength) throw new Error(`the weights have ${data.byteLength} bytes, their list says ${at}`);
  const packed = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let to = 0;
  for (const part of parts) {
    packed.set(part, to);
    to += part.length;
  }
  return packed;
}

/** The other way: what the model's library reads. */
export function unpackWeights(specs: readonly WeightSpec[], packed: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const data = new ArrayBuffer(specs.reduce((n, spec) => n + countOf(spec) * 4, 0));
  let [from, to] = [packed.byteOffset, 0];
  for (const spec of specs) {
    const count = countOf(spec);
    const bytes = count * (halved(spec) ? 2 : 4);
    if (from + bytes > packed.byteOffset + packed.byteLength) throw new Error("the weights' file is cut short");
    const part = packed.buffer.slice(from, from + bytes); // a copy begins at a multiple of four
    if (halved(spec)) new Float32Array(data, to, count).set(new Float16Array(part));
    else new Uint8Array(data, to, bytes).set(new Uint8Array(part));
    from += bytes;
    to += count * 4;
  }
  return data;
}
