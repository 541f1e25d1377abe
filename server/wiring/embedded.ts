import { findEngine, installCommand, installEngine } from "../io/models/engine.ts";
import { modelRows } from "../io/models/overview.ts";
import { defaultModelsDir, engineEntry } from "../io/models/places.ts";
import { ModelStore } from "../io/models/store.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { ProviderConfig } from "../protocol/config.ts";
import type { Result } from "../protocol/editor.ts";
import { LateEngine } from "./late-engine.ts";

type OnProgress = (message: string, done: number, total: number | null) => void;

export interface EmbeddedDeps {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly offline: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The embedded engine and its models, as the daemon uses them. */
export class EmbeddedModels {
  readonly #deps: EmbeddedDeps;
  readonly #store: ModelStore;

  constructor(deps: EmbeddedDeps) {
    this.#deps = deps;
    this.#store = new ModelStore(defaultModelsDir(deps.env));
  }

  engine(config: Extract<ProviderConfig, { kind: "llama-cpp" }>): LateEngine {
    const { dataDir, clock, log } = this.#deps;
    return new LateEngine({
      config,
      entry: engineEntry(),
      findLibrary: () => findEngine(dataDir),
      installCommand,
      locate: (name) => this.#store.locate(name),
      clock,
      log,
    });
  }

  /** Names of the models on this machine. */
  installed(): readonly string[] {
    return this.#store.list().map((model) => model.name);
  }

  engineInstalled(): boolean {
    return findEngine(this.#deps.dataDir) !== null;
  }

  catalogue(): Result<"models"> {
    const installed = this.engineInstalled();
    const note = installed ? "The embedded engine is installed." : "The embedded engine is not installed yet.";
    return {
      models: modelRows(this.#store).map(({ path: _, ...row }) => row),
      engine: { installed, note },
    };
  }

  async pull(name: string, onProgress: OnProgress, signal: AbortSignal): Promise<{ readonly path: string }> {
    const { pullModel } = await import("../io/models/pull.ts");
    return pullModel({
      name,
      store: this.#store,
      onProgress: (p) => onProgress(p.message, p.done, p.total),
      signal,
      offline: this.#deps.offline(),
      env: this.#deps.env,
    });
  }

  async install(onProgress: OnProgress, signal: AbortSignal): Promise<{ readonly path: string }> {
    if (this.#deps.offline())
      throw new Error("privacy.offline is on: the engine is not fetched. Turn it off for the install.");
    const path = await installEngine({
      dataDir: this.#deps.dataDir,
      onProgress: (m) => onProgress(m, 0, null),
      signal,
    });
    return { path };
  }
}
