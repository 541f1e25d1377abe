import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { guarded, type Log } from "../kit/log.ts";

const fileSchema = z.object({ threshold: z.number().min(0).max(1) });
/** Beyond this only the very same words would pass. */
const most = 0.995;
/** How much more alike questions must be than the two that weren't. */
const step = 0.005;

/** What a person taught the semantic memory by saying "not what I asked": how alike questions must be at least. */
export class Lesson {
  readonly #file: string;
  readonly #log: Log;
  #threshold: number;

  constructor(dataDir: string, log: Log) {
    this.#file = join(dataDir, "semantic.json");
    this.#log = log;
    this.#threshold = this.#read();
  }

  /** 0…1; 0: nothing was learned. */
  get threshold(): number {
    return this.#threshold;
  }

  /** Two questions so much alike were not the same. */
  wrong(similarity: number): void {
    this.#threshold = Math.max(this.#threshold, Math.min(most, similarity + step));
    guarded(this.#log, `writing ${this.#file}`, () => {
      writeFileSync(`${this.#file}.new`, `${JSON.stringify({ threshold: this.#threshold })}\n`, { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    });
  }

  forget(): void {
    this.#threshold = 0;
    guarded(this.#log, `removing ${this.#file}`, () => rmSync(this.#file, { force: true }));
  }

  #read(): number {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.#file, "utf8"))).threshold;
    } catch {
      return 0; // nothing was learned yet, or it can't be read: then it is learned again
    }
  }
}
