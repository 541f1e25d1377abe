import type { buildConnector, Pool } from "undici";
import type { Connect } from "undici/lib/core/connect.js";
import { systemClock } from "../../kit/clock.ts";
import type { Origin } from "./net.ts";
import { Spare } from "./spare.ts";

/** The parts of undici it is made with: Net loads them when the first origin needs them. */
export interface Parts {
  readonly Pool: typeof Pool;
  readonly build: (options: buildConnector.BuildOptions) => Connect;
}

/** The connections of one origin without a proxy: a pool, and at most one spare connection for it. */
export class Direct {
  readonly pool: Pool;
  readonly #build: Parts["build"];
  readonly #open: Connect;
  readonly #origin: Origin;
  readonly #spareMs: number;
  #spare: Spare | null = null;

  constructor(parts: Parts, origin: Origin, spareMs: number) {
    this.#build = parts.build;
    this.#origin = origin;
    this.#spareMs = spareMs;
    // The connector that the pool would make of `connect: { timeout }`; the spare's as well, so they share TLS sessions.
    this.#open = parts.build({ timeout: origin.connectMs });
    this.pool = new parts.Pool(origin.name, {
      // No bound of its own: a call that may be made has a place, and what waited here would look like a dead server.
      connections: null,
      connect: (options, opened) => this.#connect(options, opened),
      headersTimeout: 0, // deadlines are the attempt's: they differ by phase
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
    });
  }

  /** Opens the spare connection, unless a request would find one. */
  warm(): void {
    if (this.#spare !== null) return;
    if (this.pool.stats.free > 0) return;
    const { host, hostname, protocol, port } = this.#origin.url;
    const options = { host, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), protocol, port }; // as undici's client
    const spare: Spare = new Spare(
      (opened) => this.#open(options, opened),
      this.#spareMs,
      () => {
        if (this.#spare === spare) this.#spare = null;
      },
    );
    this.#spare = spare;
  }

  #connect(options: buildConnector.Options, opened: buildConnector.Callback): void {
    const spare = this.#spare;
    if (spare === null) return void this.#open(options, opened);
    this.#spare = null;
    const since = systemClock.now();
    spare.take((socket) => {
      if (socket) opened(null, socket);
      else if (this.pool.destroyed) opened(new Error("the pool is closed"), null);
      // What the spare took of the time to connect is gone.
      else this.#build({ timeout: Math.max(1, this.#origin.connectMs - (systemClock.now() - since)) })(options, opened);
    });
  }

  /** Closes the spare; the pool is its owner's to end. */
  close(): void {
    this.#spare?.close();
  }
}
