import type { Config } from "../../protocol/config.ts";

/** The model of the user's own that compares questions, and what its vectors depend on; null: the packaged one does. */
export function embedderOf({ cache, models, providers }: Pick<Config, "cache" | "models" | "providers">) {
  const id = cache?.semantic.model;
  if (id === undefined) return null;
  const model = models[id];
  const provider = model && providers[model.provider];
  const address = provider?.kind === "openai" ? provider.baseUrl : null;
  return { model: id, space: JSON.stringify([id, model?.name, address]) };
}
