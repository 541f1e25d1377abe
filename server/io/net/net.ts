import type { Dispatcher } from "undici";
import { isLoopback, proxyFor } from "./proxy.ts";

export interface Origin {
  readonly url: URL;
  /** Scheme, host and port. */
  readonly name: string;
  /** Origins of one key share their connections. */
  readonly key: string;
  /** Local addresses never go through a proxy. */
  readonly local: boolean;
  readonly connectMs: number;
}

export function originOf(url: URL, local: boolean, connectMs: number): Origin {
  const name = url.origin;
  return { url, name, key: `${name} ${connectMs} ${local}`, local, connectMs };
}

/**
 * Every outgoing connection of the daemon: one keep-alive pool an origin, HTTP/2 where TLS offers it, the system's
 * certificate authorities besides Node's, proxies by the usual variables, and the offline switch.
 */
export class Net {
  readonly #pools = new Map<string, Dispatcher>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #offline: () => boolean;
  readonly #connections: number;
  #systemCAs = false;

  /** `connections`: at most so many to one origin. */
  constructor(options: { env: NodeJS.ProcessEnv; offline: () => boolean; connections: number }) {
    this.#env = options.env;
    this.#offline = options.offline;
    this.#connections = options.connections;
  }

  /** What requests to this origin go through. Throws when the offline switch forbids it. */
  async dispatcher(origin: Origin): Promise<Dispatcher> {
    return this.open(origin) ?? this.#create(origin);
  }

  /** As `dispatcher`, without a wait: null when there is none yet. */
  open(origin: Origin): Dispatcher | null {
    if (this.#offline() && !origin.local && !isLoopback(origin.url.hostname))
      throw new Error(`privacy.offline is on: nothing is sent to ${origin.url.host}`);
    return this.#pools.get(origin.key) ?? null;
  }

  async #create(origin: Origin): Promise<Dispatcher> {
    if (origin.url.protocol === "https:") await this.#trustSystem();
    const proxy = origin.local || isLoopback(origin.url.hostname) ? null : proxyFor(origin.url, this.#env);
    const created = proxy ? await this.#throughProxy(proxy, origin) : await this.#direct(origin);
    const other = this.#pools.get(origin.key); // made while we waited
    if (other) {
      void created.close();
      return other;
    }
    this.#pools.set(origin.key, created);
    return created;
  }

  async #direct(origin: Origin): Promise<Dispatcher> {
    const { default: Pool } = await import("undici/lib/dispatcher/pool.js");
    return new Pool(origin.name, {
      connections: this.#connections,
      connect: { timeout: origin.connectMs },
      headersTimeout: 0, // deadlines are the attempt's: they differ by phase
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
    });
  }

  async #throughProxy(proxy: string, origin: Origin): Promise<Dispatcher> {
    const { default: ProxyAgent } = await import("undici/lib/dispatcher/proxy-agent.js");
    return new ProxyAgent({
      uri: proxy,
      connections: this.#connections,
      connect: { timeout: origin.connectMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Companies put their own authorities into the system's store; reading it takes time, so only for the first https. */
  async #trustSystem(): Promise<void> {
    if (this.#systemCAs) return;
    this.#systemCAs = true;
    const tls = await import("node:tls");
    tls.setDefaultCACertificates([
      ...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]),
    ]);
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((p) => p.destroy()));
  }
}
