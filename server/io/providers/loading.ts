import { getJson, rootOf } from "../net/local.ts";

/** Milliseconds that a server has to say what it is doing. */
const askMs = 1_000;

/**
 * Whether a server of the user's own may be reading the model from the disk just now, as those that load models on demand
 * tell it: LM Studio and llama-swap by the model's state. Ollama lists a model as running while it still loads it, so that all
 * it shows is that it lives. Null: it isn't one of these.
 */
export async function mayBeLoading(baseUrl: string, model: string): Promise<boolean | null> {
  const root = rootOf(baseUrl);
  const signal = AbortSignal.timeout(askMs);
  const [swap, studio, ollama] = await Promise.all(
    ["running", "api/v0/models", "api/ps"].map((path) => getJson(`${root}/${path}`, signal)),
  );
  const running = listOf(swap, "running");
  if (running) return running.find((m) => m["model"] === model)?.["state"] !== "ready";
  const known = listOf(studio, "data")?.find((m) => m["id"] === model);
  if (known) return known["state"] !== "loaded";
  return listOf(ollama, "models") ? true : null;
}

function listOf(answer: unknown, key: string): Readonly<Record<string, unknown>>[] | null {
  const list = (answer as Record<string, unknown> | null)?.[key];
  return Array.isArray(list) ? list.filter((m) => typeof m === "object" && m !== null) : null;
}
