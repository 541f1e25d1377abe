import type { Provider } from "../domain/event.ts";
import { type Fault, fault } from "../domain/fault.ts";
import type { ProviderId } from "../domain/model.ts";
import { localityOf } from "../io/config/models.ts";
import type { Net } from "../io/net/net.ts";
import type { EngineCounters } from "../io/providers/llama-cpp/provider.ts";
import { OpenAiProvider } from "../io/providers/openai.ts";
import { type Config, type ProviderConfig, type Timeouts, timeoutsSchema } from "../protocol/config.ts";
import type { Problem } from "../protocol/editor.ts";

type EngineConfig = Extract<ProviderConfig, { kind: "llama-cpp" }>;
export interface Engine extends Provider {
  counters(): EngineCounters;
  close(): Promise<void>;
}

export interface ProvidersDeps {
  readonly net: Net;
  readonly env: NodeJS.ProcessEnv;
  /** A key that the editor handed over, by its name. */
  readonly secret: (name: string) => string | undefined;
  /** Makes the embedded engine; loaded late. */
  readonly engine: (config: EngineConfig) => Engine;
}

interface Entry {
  readonly provider: Provider;
  /** Where its key is, as configured. */
  readonly apiKey: string | undefined;
  readonly timeouts: Timeouts;
  /** Its configuration, to see whether a reload changed it. */
  readonly source: string;
  readonly engine: Engine | null;
}

/** The providers in force. A reload keeps those whose configuration is unchanged, with their connections and engines. */
export class Providers {
  readonly #deps: ProvidersDeps;
  #entries = new Map<ProviderId, Entry>();

  constructor(deps: ProvidersDeps) {
    this.#deps = deps;
  }

  get(id: ProviderId): Entry | undefined {
    return this.#entries.get(id);
  }

  update(configs: Config["providers"]): void {
    const before = this.#entries;
    this.#entries = new Map(
      Object.entries(configs).map(([id, config]) => {
        const source = JSON.stringify(config);
        const kept = before.get(id);
        if (kept?.source === source) {
          before.delete(id);
          return [id, kept];
        }
        return [id, this.#create(id, config, source)];
      }),
    );
    for (const gone of before.values()) void gone.engine?.close();
  }

  /** What the embedded engines did, summed. */
  counters(): EngineCounters[] {
    return [...this.#entries.values()].flatMap((e) => (e.engine ? [e.engine.counters()] : []));
  }

  /** Providers that can't be asked before somebody hands their key over. */
  missingKeys(): Problem[] {
    return [...this.#entries].flatMap(([id, { apiKey }]): Problem[] => {
      const key = this.#key(id, apiKey);
      if (key === null || typeof key === "string") return [];
      return [{ code: "provider", message: key.message, action: apiKey?.startsWith("secret:") ? "set-api-key" : null }];
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((e) => e.engine?.close()));
  }

  #create(id: ProviderId, config: ProviderConfig, source: string): Entry {
    const timeouts = timeoutsSchema.parse(config.timeouts ?? {});
    switch (config.kind) {
      case "openai": {
        const provider = new OpenAiProvider({
          id,
          baseUrl: config.baseUrl,
          local: localityOf(config) === "local",
          connectMs: timeouts.connectMs,
          apiKey: () => this.#key(id, config.apiKey),
          net: this.#deps.net,
        });
        return { provider, apiKey: config.apiKey, timeouts, source, engine: null };
      }
      case "llama-cpp": {
        const engine = this.#deps.engine(config);
        return { provider: engine, apiKey: undefined, timeouts, source, engine };
      }
    }
  }

  #key(id: ProviderId, reference: string | undefined): string | null | Fault {
    if (reference === undefined) return null;
    const [from, name = ""] = reference.split(":");
    const key = from === "env" ? this.#deps.env[name] : this.#deps.secret(name);
    if (key) return key;
    const message =
      from === "env"
        ? `${id} needs a key, and the environment variable ${name} is empty. Set it where the daemon is started.`
        : `${id} needs the key "${name}". Hand it over with "Switchyard: Set API Key…" in the editor.`;
    return fault("upstream_error", message, { retry: "elsewhere", needs: "key" });
  }
}
