import type { AttemptEnd, Watch } from "../../domain/health.ts";
import type { Model, ModelId, ProviderId } from "../../domain/model.ts";
import type { Clock } from "../../kit/clock.ts";
import { Circuit, type Pass } from "./circuit.ts";
import { blamed, reached, worthShowing } from "./evidence.ts";
import { Prober, type ProberDeps } from "./probe.ts";

/** What a model's last attempt showed. */
export interface Health {
  readonly health: "unknown" | "up" | "down";
  /** What went wrong, in the provider's words. */
  readonly note: string | null;
}

/** What is known of the way to a provider. Holds no message: everybody on this machine may read it. */
export interface ProviderHealth {
  readonly id: ProviderId;
  readonly state: "unknown" | "up" | "down";
  /** Milliseconds since the epoch; null while it is unknown. */
  readonly since: number | null;
}

/** What of a model's configuration matters here: with another name or provider it is another deployment. */
type Deployment = Pick<Model, "id" | "provider" | "name">;

interface ProviderEntry {
  readonly circuit: Circuit;
  shown: ProviderHealth;
}

interface ModelEntry {
  readonly deployment: Deployment;
  readonly circuit: Circuit;
  readonly provider: ProviderEntry;
  shown: Health;
}

const unknown: Health = { health: "unknown", note: null };
const up: Health = { health: "up", note: null };

/**
 * Health by provider and by model, from what attempts show. A model's circuit opens by its own failures alone, so that one
 * failing deployment disables no other; a provider's, which takes all its models out of use, by failures to reach it.
 */
export class Breakers implements Disposable {
  readonly #clock: Clock;
  readonly #prober: Prober;
  readonly #listeners = new Set<() => void>();
  /** Those configured, and no others: this bounds them. */
  #configured: readonly Deployment[] = [];
  #models = new Map<ModelId, ModelEntry>();
  #providers = new Map<ProviderId, ProviderEntry>();
  #broken: ReadonlyMap<ModelId, string> = new Map();
  /** Something of a circuit has changed, and nobody has been told yet. */
  #stale = false;

  constructor(deps: ProberDeps) {
    this.#clock = deps.clock;
    this.#prober = new Prober(deps);
  }

  /** An attempt starts. Where a trial is free, it is the trial. */
  began(model: Pick<Model, "id">): Watch {
    const entry = this.#models.get(model.id);
    if (!entry) return unwatched; // left the configuration just now
    const own = entry.circuit.enter();
    const way = entry.provider.circuit.enter();
    this.#tell(false);
    let over = false;
    return {
      first: () => {
        if (over || this.#models.get(model.id) !== entry) return;
        entry.circuit.release(own);
        this.#lives(entry.provider, way);
        this.#tell(false);
      },
      settled: (result) => {
        if (over || this.#models.get(model.id) !== entry) return;
        over = true;
        this.#settle(entry, own, way, result);
        entry.circuit.release(own);
        entry.provider.circuit.release(way);
        this.#tell(this.#show(entry, result));
      },
    };
  }

  /** Models to pass over now, with the reason as words to follow the model's name. The same map until it changes. */
  broken(): ReadonlyMap<ModelId, string> {
    return this.#broken;
  }

  /** What its last attempt showed; not whether it is broken. */
  of(model: ModelId): Health {
    return this.#models.get(model)?.shown ?? unknown;
  }

  /** The providers that have models, by what was last seen of them. */
  providers(): readonly ProviderHealth[] {
    return [...this.#providers.values()].map((p) => p.shown);
  }

  /** Calls `f` when `broken()` or some model's `of()` has changed. */
  onChange(f: () => void): Disposable {
    this.#listeners.add(f);
    return { [Symbol.dispose]: () => void this.#listeners.delete(f) };
  }

  /** These are configured now. Others are forgotten, and what is new, or another deployment than before, starts fresh. */
  keep(models: readonly Deployment[]): void {
    const oldProviders = this.#providers;
    const oldModels = this.#models;
    this.#configured = models;
    this.#providers = new Map();
    this.#models = new Map();
    let forgot = false;
    for (const { id, provider: providerId, name } of models) {
      const provider = this.#providers.get(providerId) ?? oldProviders.get(providerId) ?? this.#newProvider(providerId);
      this.#providers.set(providerId, provider);
      const old = oldModels.get(id);
      const kept = old?.provider === provider && old.deployment.name === name;
      this.#models.set(id, kept ? old : this.#newModel({ id, provider: providerId, name }, provider));
      forgot ||= !kept && old !== undefined && old.shown !== unknown;
    }
    for (const [id, p] of oldProviders) if (this.#providers.get(id) !== p) p.circuit[Symbol.dispose]();
    for (const [id, m] of oldModels) if (this.#models.get(id) !== m) m.circuit[Symbol.dispose]();
    this.#stale = true;
    this.#tell(forgot);
  }

  /** The provider's configuration has changed: it and its models start fresh. */
  forget(provider: ProviderId): void {
    const entry = this.#providers.get(provider);
    if (!entry) return;
    entry.circuit[Symbol.dispose]();
    this.#providers.delete(provider);
    this.keep(this.#configured);
  }

  [Symbol.dispose](): void {
    for (const { circuit } of [...this.#providers.values(), ...this.#models.values()]) circuit[Symbol.dispose]();
    this.#prober[Symbol.dispose]();
    this.#listeners.clear();
  }

  #settle(entry: ModelEntry, own: Pass, way: Pass, { outcome, fault, tookMs }: AttemptEnd): void {
    if (outcome === "served") {
      entry.circuit.success();
      entry.provider.circuit.success();
      this.#seen(entry.provider, "up");
    } else if (outcome === "failed" && fault !== null) {
      if (reached(fault)) this.#lives(entry.provider, way);
      const blame = blamed(fault);
      if (blame === "model") entry.circuit.failure(own, tookMs, fault.afterMs ?? 0);
      if (blame === "provider") {
        entry.provider.circuit.failure(way, tookMs, fault.afterMs ?? 0);
        this.#seen(entry.provider, "down");
      }
    }
  }

  /**
   * An answer of some kind has come from the provider. That of an attempt from before it opened proves less: a connection
   * that hangs since then ends in a timeout too.
   */
  #lives(provider: ProviderEntry, way: Pass): void {
    if (way.stage !== provider.circuit.stage) return;
    provider.circuit.success();
    this.#seen(provider, "up");
  }

  /** The last outcome as it is shown; true when that changed. */
  #show(entry: ModelEntry, { outcome, fault }: AttemptEnd): boolean {
    if ((outcome !== "served" && outcome !== "failed") || !worthShowing(fault)) return false;
    const before = entry.shown;
    entry.shown = outcome === "served" ? up : { health: "down", note: fault?.message ?? null };
    return before.health !== entry.shown.health || before.note !== entry.shown.note;
  }

  #seen(provider: ProviderEntry, state: "up" | "down"): void {
    if (provider.shown.state === state) return;
    provider.shown = { id: provider.shown.id, state, since: this.#clock.wall() };
  }

  /** An open time is over: looks whether the provider lives before a request is risked. */
  async #due(provider: ProviderEntry, circuit: Circuit): Promise<void> {
    const { stage } = circuit;
    const lives = await this.#prober.lives(provider.shown.id);
    if (circuit.stage !== stage) return; // closed or forgotten in the meantime
    if (lives) circuit.halfOpen();
    else circuit.reopen();
    this.#seen(provider, lives ? "up" : "down");
    if (lives) provider.circuit.halfOpen(); // found out for one of its models, perhaps before its own time
    this.#tell(false);
  }

  #newProvider(id: ProviderId): ProviderEntry {
    const entry: ProviderEntry = {
      circuit: new Circuit(this.#clock, { changed: this.#changed, due: () => void this.#due(entry, entry.circuit) }),
      shown: { id, state: "unknown", since: null },
    };
    return entry;
  }

  #newModel(deployment: Deployment, provider: ProviderEntry): ModelEntry {
    const circuit: Circuit = new Circuit(this.#clock, {
      changed: this.#changed,
      due: () => void this.#due(provider, circuit),
    });
    return { deployment, circuit, provider, shown: unknown };
  }

  readonly #changed = (): void => {
    this.#stale = true;
  };

  /** Makes the map anew where a circuit has changed, and tells those who listen. */
  #tell(shownChanged: boolean): void {
    let changed = shownChanged;
    if (this.#stale) {
      this.#stale = false;
      const broken = new Map<ModelId, string>();
      for (const [id, entry] of this.#models) {
        const why = reasonOf(entry);
        if (why !== null) broken.set(id, why);
      }
      if (!sameEntries(broken, this.#broken)) {
        this.#broken = broken;
        changed = true;
      }
    }
    if (changed) for (const f of this.#listeners) f();
  }
}

const unwatched: Watch = { first: () => {}, settled: () => {} };

function reasonOf({ circuit, provider }: ModelEntry): string | null {
  if (provider.circuit.broken)
    return (
      `is at ${provider.shown.id}, which could not be reached ${provider.circuit.failures} times in a row` +
      (provider.circuit.trying ? " and is being tried again" : "")
    );
  if (!circuit.broken) return null;
  return `has failed ${circuit.failures} times in a row${circuit.trying ? " and is being tried again" : ""}`;
}

function sameEntries(a: ReadonlyMap<ModelId, string>, b: ReadonlyMap<ModelId, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [id, why] of a) if (b.get(id) !== why) return false;
  return true;
}
