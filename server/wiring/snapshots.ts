import { resolveModels } from "../io/config/models.ts";
import type { Breakers } from "../io/health/breakers.ts";
import type { Ledger } from "../io/ledger/ledger.ts";
import { embedderOf } from "../logic/memory/embedder.ts";
import { policyOf } from "../logic/memory/key.ts";
import { pathMatcher } from "../logic/privacy/paths.ts";
import type { Trial } from "../logic/routing/experiments.ts";
import type { Learned } from "../logic/routing/learned.ts";
import { type Snapshot, snapshotOf } from "../logic/routing/snapshot.ts";
import type { Config } from "../protocol/config.ts";
import type { EmbeddedModels } from "./embedded.ts";
import type { Providers } from "./providers.ts";

/** All that is read of the configuration and of what was measured, at one moment. */
export interface Moment {
  readonly routing: Snapshot;
  readonly engineMissing: boolean;
  readonly policy: string;
  readonly embedder: ReturnType<typeof embedderOf>;
  readonly denies: ReturnType<typeof pathMatcher>;
  readonly offline: boolean;
}

/** What changes while the configuration doesn't. */
export interface Sources {
  readonly learned: () => Learned | null;
  readonly trials: () => readonly Trial[];
}

export interface SnapshotsDeps {
  /** The file's configuration or, where it names no provider, what this machine has. */
  readonly config: () => Config;
  readonly providers: Pick<Providers, "update">;
  readonly embedded: Pick<EmbeddedModels, "engineInstalled">;
  readonly breakers: Pick<Breakers, "forget" | "keep" | "broken">;
  readonly ledger: Pick<Ledger, "latency">;
}

/** The present moment: built anew when the configuration changes; what is measured is looked at again every few seconds. */
export class Snapshots {
  readonly #o: SnapshotsDeps;
  #sources: Sources = { learned: () => null, trials: () => [] };
  #current: Moment;

  constructor(o: SnapshotsDeps) {
    this.#o = o;
    this.#current = this.#build();
  }

  get current(): Moment {
    return this.#current;
  }

  /** What else decides, once it is there. */
  from(sources: Sources): void {
    this.#sources = sources;
    this.remeasure();
  }

  rebuild(): void {
    this.#current = this.#build();
  }

  remeasure(): void {
    this.#current = { ...this.#current, routing: snapshotOf({ ...this.#current.routing, ...this.#measured() }) };
  }

  #measured() {
    const { ledger, breakers } = this.#o;
    const { learned, trials } = this.#sources;
    return { latency: ledger.latency(), broken: breakers.broken(), learned: learned(), trials: trials() };
  }

  #build(): Moment {
    const { providers, embedded, breakers } = this.#o;
    const config = this.#o.config();
    const models = resolveModels(config);
    for (const id of providers.update(config.providers)) breakers.forget(id);
    breakers.keep(models);
    const { routing, speculation, hedge } = config;
    return {
      routing: snapshotOf({ models, routing, ahead: { speculation, hedge }, ...this.#measured() }),
      engineMissing: Object.values(config.providers).some((p) => p.kind === "llama-cpp") && !embedded.engineInstalled(),
      policy: policyOf(config),
      embedder: embedderOf(config),
      denies: pathMatcher(config.privacy.deny),
      offline: config.privacy.offline,
    };
  }
}
