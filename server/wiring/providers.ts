import type { Provider } from "../domain/event.ts";
import { type Fault, fault } from "../domain/fault.ts";
import type { ProviderId } from "../domain/model.ts";
import type { Patience } from "../gateway/deadlines.ts";
import { localityOf } from "../io/config/models.ts";
import { lookAt } from "../io/health/probe.ts";
import { type Net, originOf } from "../io/net/net.ts";
import type { EngineCounters } from "../io/providers/llama-cpp/provider.ts";
import { OpenAiProvider } from "../io/providers/openai.ts";
import { type Config, type ProviderConfig, timeoutsSchema } from "../protocol/config.ts";
import type { Problem } from "../protocol/editor.ts";

type EngineConfig = Extract<ProviderConfig, { kind: "llama-cpp" }>;
export interface Engine extends Provider {
  counters(): EngineCounters;
  close(): Promise<void>;
}

/** What is configured of how much it does at once. */
export interface Capacity {
  readonly max: number | null;
  readonly waiting: number | null;
  /** The address of a server that can be asked for it. */
  readonly ask: URL | null;
}
const unknownCapacity: Capacity = { max: null, waiting: null, ask: null };

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
  readonly timeouts: Patience;
  readonly capacity: Capacity;
  /** A look whether it lives; what can't be looked at does. */
  readonly look: (signal: AbortSignal) => Promise<boolean>;
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

  /** Returns those that are not as they were. */
  update(configs: Config["providers"]): ProviderId[] {
    const before = this.#entries;
    const changed: ProviderId[] = [];
    this.#entries = new Map(
      Object.entries(configs).map(([id, config]) => {
        const source = JSON.stringify(config);
        const kept = before.get(id);
        if (kept?.source === source) {
          before.delete(id);
          return [id, kept];
        }
        changed.push(id);
        return [id, this.#create(id, config, source)];
      }),
    );
    for (const gone of before.values()) void gone.engine?.close();
    return changed;
  }

  capacity(id: ProviderId): Capacity {
    return this.#entries.get(id)?.capacity ?? unknownCapacity;
  }

  async look(id: ProviderId, signal: AbortSignal): Promise<boolean> {
    return (await this.#entries.get(id)?.look(signal)) ?? false;
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
    const timeouts: Patience = {
      ...timeoutsSchema.parse(config.timeouts ?? {}),
      firstTokenSaid: config.timeouts?.firstTokenMs !== undefined,
    };
    switch (config.kind) {
      case "openai": {
        const local = localityOf(config) === "local";
        const { net } = this.#deps;
        const key = () => this.#key(id, config.apiKey);
        const { baseUrl, maxConcurrent: max = null } = config;
        const provider = new OpenAiProvider({ id, baseUrl, local, connectMs: timeouts.connectMs, apiKey: key, net });
        const url = new URL(baseUrl);
        const origin = originOf(url, local, timeouts.connectMs);
        const look = (signal: AbortSignal): Promise<boolean> => {
          const k = key();
          return typeof k === "object" && k !== null
            ? Promise.resolve(true) // who has no key learns nothing by knocking
            : lookAt(net, origin, `${url.pathname.replace(/\/$/, "")}/models`, k, signal);
        };
        // A server of the user's own may say how many it serves; one with a key is somebody's service.
        const ask = local && config.apiKey === undefined ? url : null;
        const capacity: Capacity = { max, waiting: null, ask };
        return { provider, apiKey: config.apiKey, timeouts, capacity, look, source, engine: null };
      }
      case "llama-cpp": {
        const engine = this.#deps.engine(config);
        const capacity: Capacity = { max: config.parallel, waiting: config.queue, ask: null };
        const look = async (): Promise<boolean> => true;
        return { provider: engine, apiKey: undefined, timeouts, capacity, look, source, engine };
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
