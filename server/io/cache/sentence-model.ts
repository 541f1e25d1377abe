import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import core from "@energetic-ai/core";
import embeddings from "@energetic-ai/embeddings";
import type { Embed } from "./vector-server.ts";
import { unpackWeights, type WeightSpec } from "./weights.ts";

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
    read("vocabulary.json"),
    readFile(join(folder, "weights.bin")),
  ]);
  await core.ready();
  const model = await core.loadGraphModel({
    load: async () => ({
      modelTopology: file.topology,
      weightSpecs: file.weights,
      weightData: unpackWeights(file.weights, packed),
    }),
  });
  const sentences = new embeddings.EmbeddingsModel({ model, vocabulary });
  return async (text) => Float32Array.from(await sentences.embed(text));
}
