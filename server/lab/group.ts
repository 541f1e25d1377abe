import type { Model } from "../domain/model.ts";
import type { ReplayRow } from "../protocol/replay.ts";
import { Medians } from "./medians.ts";
import { Paired, scaled } from "./paired.ts";

/** One request under both policies. */
export interface Pair {
  readonly models: readonly [now: Model, policy: Model];
  /** Nano-dollars; null: they aren't known of both. */
  readonly nanos: readonly [now: number, policy: number] | null;
  /** Milliseconds to the first token. */
  readonly ms: readonly [now: number, policy: number];
  /** 0…1. */
  readonly quality: readonly [now: number, policy: number];
}

/** Requests that are counted together. */
export class Group {
  readonly #key: string;
  #requests = 0;
  #changed = 0;
  readonly #cost: Paired;
  readonly #latency: Paired;
  readonly #median = new Medians();
  readonly #quality: Paired;

  /** `most`: requests up to which intervals are had by drawing them anew. */
  constructor(key: string, most: number) {
    this.#key = key;
    this.#cost = new Paired(most);
    this.#latency = new Paired(most);
    this.#quality = new Paired(most);
  }

  get requests(): number {
    return this.#requests;
  }

  add({ models, nanos, ms, quality }: Pair): void {
    this.#requests++;
    if (models[0].id !== models[1].id) this.#changed++;
    if (nanos) this.#cost.add(...nanos);
    this.#latency.add(...ms);
    this.#median.add(...ms);
    this.#quality.add(...quality);
  }

  row(): ReplayRow {
    const each = this.#cost.mean();
    const mean = this.#latency.mean();
    const p50 = this.#median.median();
    return {
      key: this.#key,
      requests: this.#requests,
      changed: this.#changed,
      priced: this.#cost.n,
      cost: each && { each, total: scaled(each, this.#cost.n) },
      latencyMs: mean && p50 && { mean, p50 },
      quality: this.#quality.mean(),
    };
  }
}
