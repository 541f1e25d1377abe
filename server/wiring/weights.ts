import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Classifier } from "../logic/routing/classifier/classifier.ts";
import { type Read, readWith } from "../logic/routing/reading.ts";

/** Where the classifier's weights lie, seen from a script: beside a bundle, or beside the code in a checkout. */
export function weightsFile(script: string): string {
  const folder = dirname(script);
  return script.endsWith(".ts")
    ? join(folder, "../logic/routing/classifier/weights.bin")
    : join(folder, "classifier.bin");
}

/** Reads prompts with the classifier that ships: its weights, 0.2 MB, are read once. Throws where they aren't this version's. */
export const openReader = (): Read => readWith(new Classifier(readFileSync(weightsFile(import.meta.filename))));
