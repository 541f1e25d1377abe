import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import core from "@energetic-ai/core";
import type { Embed } from "./vector-server.ts";
import { unpackWeights, type WeightSpec } from "./weights.ts";
import { type Vocabulary, WordPieces } from "./word-pieces.ts";

/** What `scripts/embedding.ts` writes into the model's folder, beside the vocabulary and the packed weights. */
export interface ModelFile {
  readonly topology: unknown;
  readonly weights: readonly WeightSpec[];
}

/** The model's folder: beside a bundle, or what was built last in a checkout. */
export function modelFolder(script: string): string {
  return join(dirname(script), script.endsWith(".ts") ? "../dist/server/embedding" : "embedding");
}

/** The model that ships with Switchyard (English, 512 dimensions); it runs in wasm and asks no network. */
export async function loadSentenceModel(folder: string): Promise<Embed> {
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), "utf8"));
  const [file, vocabulary, packed] = await Promise.all([
    read("model.json") as Promise<ModelFile>,
    read("vocabulary.json") as Promise<Vocabulary>,
    readFile(join(folder, "weights.bin")),
  ]);
  await core.ready();
  const artifacts = {
    modelTopology: file.topology,
    weightSpecs: file.weights,
    weightData: unpackWeights(file.weights, packed),
  };
  const model = await core.loadGraphModel({ load: async () => artifacts });
  artifacts.weightData = new ArrayBuffer(0); // the library keeps the artifacts, and works with a copy: 28 MB
  const words = new WordPieces(vocabulary);
  return async (text) => {
    const pieces = words.encode(text);
    if (pieces.length === 0) throw new Error("there is no text");
    // The model takes several texts at once, as a sparse matrix: each piece with its text's number and its place there.
    const places = new Int32Array(pieces.length * 2);
    for (let i = 0; i < pieces.length; i++) places[2 * i + 1] = i;
    const [indices, values] = [core.tensor2d(places, [pieces.length, 2], "int32"), core.tensor1d(pieces, "int32")];
    try {
      const embedded = await model.executeAsync({ indices, values });
      const vector = await embedded.data();
      embedded.dispose();
      return vector;
    } finally {
      indices.dispose();
      values.dispose();
    }
  };
}
