import type { ConfigInput } from "../../protocol/config.ts";
import { type CatalogueModel, catalogue, catalogueModel, suggestedModel } from "./catalogue.ts";
import type { ModelStore } from "./store.ts";

/** A model that can be used or pulled, for lists. */
export interface ModelRow {
  readonly name: string;
  readonly title: string;
  /** Null: the hub says so at pull time. */
  readonly bytes: number | null;
  /** Empty: not known, as with a file of the user's. */
  readonly license: string;
  readonly installed: boolean;
  /** Null: not on this machine. */
  readonly path: string | null;
  /** Fits this machine's free memory best. */
  readonly suggested: boolean;
  readonly note: string;
}

/** The catalogue and what else is in the store. `freeBytes`: memory that is free. */
export function modelRows(store: ModelStore, freeBytes: number = process.availableMemory()): ModelRow[] {
  const stored = new Map(store.list().map((model) => [model.name, model]));
  const suggested = suggestedModel(freeBytes).name;
  const rows = catalogue.map(({ name, title, bytes, license, note }): ModelRow => {
    const there = stored.get(name);
    stored.delete(name);
    return {
      name,
      title,
      bytes: there?.bytes ?? bytes,
      license,
      installed: there !== undefined,
      path: there?.path ?? null,
      suggested: name === suggested,
      note,
    };
  });
  for (const { name, path, bytes } of stored.values()) {
    rows.push({
      name,
      title: name,
      bytes,
      license: "",
      installed: true,
      path,
      suggested: false,
      note: "Added by you.",
    });
  }
  return rows;
}

/** The configuration with which the embedded engine runs these models, the first as primary. */
export function engineConfig(names: readonly string[]): Pick<ConfigInput, "providers" | "models"> {
  return {
    providers: { engine: { kind: "llama-cpp" } },
    models: Object.fromEntries(
      names.map((name) => {
        const known: CatalogueModel | null = catalogueModel(name);
        const abilities = known ? [...known.abilities] : (["chat", "completion"] as const).slice();
        return [name, { provider: "engine", name, tier: "local", abilities }] as const;
      }),
    ),
  };
}
