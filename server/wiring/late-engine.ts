import type { Call, Stream } from "../domain/event.ts";
import type { EngineCounters, LlamaCppOptions, LlamaCppProvider } from "../io/providers/llama-cpp/provider.ts";
import type { Scope } from "../kit/scope.ts";
import { Late } from "../kit/stream.ts";
import { noTally } from "../protocol/engine.ts";
import type { Engine } from "./providers.ts";

/** The embedded engine's provider, whose code is loaded with its first request: most daemons never need it. */
export class LateEngine implements Engine {
  readonly #options: LlamaCppOptions;
  #loaded: LlamaCppProvider | null = null;
  #loading: Promise<LlamaCppProvider> | null = null;

  constructor(options: LlamaCppOptions) {
    this.#options = options;
  }

  open(call: Call, scope: Scope): Stream {
    if (this.#loaded) return this.#loaded.open(call, scope);
    this.#loading ??= import("../io/providers/llama-cpp/provider.ts").then(({ createLlamaCppProvider }) => {
      this.#loaded = createLlamaCppProvider(this.#options);
      return this.#loaded;
    });
    return new Late(this.#loading.then((provider) => provider.open(call, scope)));
  }

  counters(): EngineCounters {
    return this.#loaded?.counters() ?? { ...noTally, restarts: 0 };
  }

  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
}
