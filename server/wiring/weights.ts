import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where the classifier's weights lie, seen from a script: beside a bundle, or beside the code in a checkout. */
export function weightsFile(script: string): string {
  const folder = dirname(script);
  return script.endsWith(".ts")
    ? join(folder, "../logic/routing/classifier/weights.bin")
    : join(folder, "classifier.bin");
}

/** The weights that ship; 0.2 MB, read once at the start. */
export const readWeightsFile = (): Uint8Array => readFileSync(weightsFile(import.meta.filename));
