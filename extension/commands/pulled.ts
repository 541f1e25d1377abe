import type { CatalogueEntry, State } from "../../server/protocol/editor.ts";

/**
 * What a person must still do before a pulled model answers; null: nothing. A configuration that names providers is
 * taken at its word: no model is added to it.
 */
export function stillToDo(
  entry: Pick<CatalogueEntry, "name" | "title">,
  { models }: Pick<State, "models">,
): string | null {
  if (models.some((m) => m.name === entry.name || m.id === entry.name)) return null;
  return `${entry.title} is on this machine, but the configuration doesn't name it, so nothing uses it. Add "engine": { "kind": "llama-cpp" } to its providers and "${entry.name}": { "provider": "engine", "name": "${entry.name}" } to its models.`;
}
