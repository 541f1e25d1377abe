import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const files = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "server/daemon.ts",
  "server/main.ts",
  "scripts/build.ts",
];

/** Different prompts of so many characters: prose and code of this repository, each with a string of its own as a parser makes it. */
export function promptsOf(count: number, chars: number): readonly string[] {
  const text = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  const taken = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * (text.length - chars)) / count);
    return `${i % 5 === 0 ? "Explain this: " : ""}${text.slice(from, from + chars)}`.slice(0, chars);
  });
  if (new Set(taken).size < count) throw new Error("there is too little text for so many prompts");
  return fresh(taken);
}

/** The same texts in new strings, whose hashes nobody has computed. */
export const fresh = (texts: readonly string[]): readonly string[] => texts.map((text) => Buffer.from(text).toString());
