import { engineConfig } from "../io/models/overview.ts";
import { type Log, messageOf } from "../kit/log.ts";
import { type Config, type ConfigInput, configSchema } from "../protocol/config.ts";

type Endpoints = Pick<ConfigInput, "providers" | "models">;

/** What this machine has, for a configuration that names no provider: local servers, then the embedded engine's models. */
export class Found {
  /** Keys found in the environment: offered, never spent unasked. */
  offers: readonly string[] = [];
  searching = false;
  #servers: Endpoints = {};
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** The configuration, with providers and models of this machine where it has none of its own. */
  complete(config: Config, installed: readonly string[]): Config {
    if (Object.keys(config.providers).length > 0) return config;
    const engine = installed.length > 0 ? engineConfig(installed) : {};
    const { providers, models } = configSchema.parse({
      providers: { ...this.#servers.providers, ...engine.providers },
      models: { ...this.#servers.models, ...engine.models },
    });
    return { ...config, providers, models };
  }

  /** Looks for servers on this machine, for at most 500 ms; asks no other host. */
  async search(done: () => void, log: Log): Promise<void> {
    if (this.searching) return;
    this.searching = true;
    try {
      const { discover } = await import("../io/discovery/discover.ts");
      const { servers, offers, config } = await discover({ env: this.#env });
      this.#servers = config;
      this.offers = offers;
      for (const s of servers) log("info", `found ${s.title}`, { at: s.baseUrl, models: s.models.length });
    } catch (e) {
      log("warn", "looking for local servers failed", { message: messageOf(e) });
    }
    this.searching = false;
    done();
  }
}
