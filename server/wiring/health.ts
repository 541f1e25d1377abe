import type { ModelId } from "../domain/model.ts";
import type { Trace } from "../protocol/trace.ts";

export interface Health {
  readonly up: boolean;
  readonly note: string | null;
}

/** What the last attempt at each model showed. */
export class HealthBook {
  readonly #models = new Map<ModelId, Health>();

  /** True when something changed. */
  observe(trace: Trace): boolean {
    let changed = false;
    for (const a of trace.attempts) {
      if (a.outcome !== "served" && a.outcome !== "failed") continue;
      const health = { up: a.outcome === "served", note: a.error?.message ?? null };
      const before = this.#models.get(a.model);
      if (before?.up === health.up && before.note === health.note) continue;
      this.#models.set(a.model, health);
      changed = true;
    }
    return changed;
  }

  of(model: ModelId): Health | undefined {
    return this.#models.get(model);
  }

  /** Forgets models that are configured no longer. */
  keep(models: ReadonlySet<ModelId>): void {
    for (const id of this.#models.keys()) if (!models.has(id)) this.#models.delete(id);
  }
}
