import { existsSync } from "node:fs";
import { join } from "node:path";
import { findEngine, installCommand } from "../io/models/engine.ts";
import { defaultModelsDir, engineEntry } from "../io/models/places.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { ProviderConfig } from "../protocol/config.ts";
import type { Result } from "../protocol/editor.ts";
import { LateEngine } from "./late-engine.ts";

type OnProgress = (message: string, done: number, total: number | null) => void;

/** The embedded engine and its models, as the daemon uses them. */
export class EmbeddedModels {
  readonly #o: { dataDir: string; env: NodeJS.ProcessEnv; log: Log; clock: Clock };
  constructor(o: { dataDir: string; env: NodeJS.ProcessEnv; log: Log; clock: Clock }) {
    this.#o = o;
  }
  engine(config: Extract<ProviderConfig, { kind: "llama-cpp" }>): LateEngine {
    return new LateEngine({
      config,
      entry: engineEntry(),
      findLibrary: () => findEngine(this.#o.dataDir),
      installCommand,
      locate: (name) =>
        [name, join(defaultModelsDir(this.#o.env), `${name}.gguf`)].find((p) => p.endsWith(".gguf") && existsSync(p)) ??
        null,
      log: this.#o.log,
      clock: this.#o.clock,
    });
  }
  installed(): readonly string[] {
    return [];
  }
  async catalogue(): Promise<Result<"models">> {
    return {
      models: [],
      engine: { installed: findEngine(this.#o.dataDir) !== null, note: "", command: installCommand },
    };
  }
  async pull(_name: string, _p: OnProgress, _s: AbortSignal): Promise<{ path: string }> {
    throw new Error("being written");
  }
  async install(_p: OnProgress, _s: AbortSignal): Promise<{ path: string }> {
    throw new Error("being written");
  }
}
