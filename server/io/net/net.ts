import type { Dispatcher } from "undici";
import { Direct } from "./direct.ts";
import { isLoopback, proxyFor } from "./proxy.ts";

/** An unused spare connection is kept so long: what it was opened for comes soon or not at all. */
const defaultSpareMs = 5000;

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
  /** Those of the pools that go through no proxy. */
  readonly #directs = new Map<string, Direct>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #offline: () => boolean;
  readonly #spareMs: number;
  #systemCAs = false;
  #closed = false;

  constructor(options: { env: NodeJS.ProcessEnv; offline: () => boolean; spareMs?: number }) {
    this.#env = options.env;
    this.#offline = options.offline;
    this.#spareMs = options.spareMs ?? defaultSpareMs;
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

  /**
   * Opens a connection for a request that may come soon, unless an idle one is there. Never throws. Does nothing behind
   * a proxy: there undici's agent makes its tunnels itself, and lets nobody put one in.
   */
  warm(origin: Origin): void {
    void this.#warm(origin).catch(() => {}); // offline, closed or not to be reached: the request itself will say so
  }

  async #warm(origin: Origin): Promise<void> {
    if (this.open(origin) === null) await this.#create(origin);
    this.open(origin); // asked again: the switch may have been turned meanwhile
    this.#directs.get(origin.key)?.warm();
  }

  async #create(origin: Origin): Promise<Dispatcher> {
    if (origin.url.protocol === "https:") await this.#trustSystem();
    const proxy = origin.local || isLoopback(origin.url.hostname) ? null : proxyFor(origin.url, this.#env);
    if (proxy) return this.#keep(origin, await this.#throughProxy(proxy, origin));
    const direct = await this.#direct(origin);
    const kept = this.#keep(origin, direct.pool);
    if (kept === direct.pool) this.#directs.set(origin.key, direct);
    return kept;
  }

  /** The one that is used from now on: another may have been made while this one was. */
  #keep(origin: Origin, created: Dispatcher): Dispatcher {
    const other = this.#pools.get(origin.key);
    if (other || this.#closed) void created.close();
    if (other) return other;
    if (this.#closed) throw new Error("nothing is sent any more: the daemon is closing");
    this.#pools.set(origin.key, created);
    return created;
  }

  async #direct(origin: Origin): Promise<Direct> {
    const { default: build } = await import("undici/lib/core/connect.js");
    const { default: Pool } = await import("undici/lib/dispatcher/pool.js");
    return new Direct({ Pool, build }, origin, this.#spareMs);
  }

  async #throughProxy(proxy: string, origin: Origin): Promise<Dispatcher> {
    const { default: ProxyAgent } = await import("undici/lib/dispatcher/proxy-agent.js");
    return new ProxyAgent({
      uri: proxy,
      connections: null,
      connect: { timeout: origin.connectMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Companies put their own authorities into the system's store; reading it takes time, so only for the first https. */
  async #trustSystem(): Promise<void> {
    if (this.#systemCAs) return;
    const tls = await import("node:tls");
    if (this.#systemCAs) return; // read while we waited; nobody goes on before it is
    this.#systemCAs = true;
    tls.setDefaultCACertificates([
      ...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]),
    ]);
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const direct of this.#directs.values()) direct.close();
    this.#directs.clear();
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((p) => p.destroy()));
  }
}
