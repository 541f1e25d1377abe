import type { ModelId } from "../domain/model.ts";
import type { Config } from "../protocol/config.ts";

/** Milliseconds that the servers have to answer, and for which an answer holds. */
const patienceMs = 500;
const freshMs = 60_000;

/**
 * Which configured models their own server doesn't list. They are used all the same, and flagged: most are misspelt. Only
 * servers on the user's own machines are asked, and only when somebody looks at the models.
 */
export class Listed {
  readonly #config: () => Config;
  readonly #now: () => number;
  #missing: ReadonlySet<ModelId> = new Set();
  #looked: { config: Config; atMs: number; done: Promise<void> } | null = null;

  constructor(config: () => Config, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /** What a person should know of a model, or null. */
  note(id: ModelId): string | null {
    return this.#missing.has(id) ? "Its server does not list it: check its name." : null;
  }

  /** Asks the servers, unless that was done just now. Never throws. */
  look(): Promise<void> {
    const config = this.#config();
    const atMs = this.#now();
    if (this.#looked?.config !== config || atMs - this.#looked.atMs > freshMs)
      this.#looked = { config, atMs, done: this.#ask(config) };
    return this.#looked.done;
  }

  async #ask(config: Config): Promise<void> {
    const { listModels } = await import("../io/discovery/discover.ts");
    const { localityOf } = await import("../io/config/models.ts");
    const limit = AbortSignal.timeout(patienceMs);
    const missing = await Promise.all(
      Object.entries(config.providers).map(async ([id, provider]) => {
        if (provider.kind !== "openai" || provider.apiKey !== undefined || localityOf(provider) !== "local") return [];
        const names = await listModels(provider.baseUrl, limit);
        if (names.length === 0) return []; // it lists nothing: that says nothing
        const own = Object.entries(config.models).filter(([, model]) => model.provider === id);
        return own.flatMap(([model, { name }]) => (names.includes(name) ? [] : [model]));
      }),
    );
    if (this.#looked?.config === config) this.#missing = new Set(missing.flat());
  }
}
