import type { ConfigInput } from "../../protocol/config.ts";
import { getJson } from "../net/local.ts";
import { offeredKeys } from "./keys.ts";

/** A server on this machine that speaks the OpenAI API. */
export interface LocalServer {
  /** Names its provider. */
  readonly id: string;
  readonly title: string;
  readonly port: number;
}

/** The usual places. Two servers may share a port's number by habit: what answers decides nothing but the name. */
export const localServers: readonly LocalServer[] = [
  { id: "ollama", title: "Ollama", port: 11_434 },
  { id: "lm-studio", title: "LM Studio", port: 1234 },
  { id: "llama-server", title: "llama-server", port: 8080 },
  { id: "vllm", title: "vLLM", port: 8000 },
];

export interface FoundServer extends LocalServer {
  readonly baseUrl: string;
  /** What it calls its models; never empty. */
  readonly models: readonly string[];
}

export interface Discovery {
  readonly servers: readonly FoundServer[];
  /** Names of environment variables that hold a key of a known cloud. Offered, never used unasked. */
  readonly offers: readonly string[];
  /** Providers and models for what was found, as the configuration file would say it. */
  readonly config: Pick<ConfigInput, "providers" | "models">;
}

export interface DiscoverOptions {
  readonly servers?: readonly LocalServer[];
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds for all of it. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const maxModels = 100;

/** Looks for servers on this machine, all at once and within the time; asks no other host. Never throws. */
export async function discover(options: DiscoverOptions = {}): Promise<Discovery> {
  const { servers = localServers, env = process.env, timeoutMs = 500, signal } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  const found = (await Promise.all(servers.map((server) => ask(server, both)))).filter((server) => server !== null);
  return { servers: found, offers: offeredKeys(env), config: configOf(found) };
}

/** Null: nothing there that lists models. */
async function ask(server: LocalServer, signal: AbortSignal): Promise<FoundServer | null> {
  const baseUrl = `http://127.0.0.1:${server.port}/v1`;
  // Embedding models answer no chat.
  const models = (await listModels(baseUrl, signal)).filter((name) => !/embed/i.test(name)).slice(0, maxModels);
  return models.length === 0 ? null : { ...server, baseUrl, models };
}

/** The names of the models that a server lists; none when it doesn't answer, or not over plain HTTP. */
export async function listModels(baseUrl: string, signal: AbortSignal): Promise<string[]> {
  const answer = (await getJson(`${baseUrl.replace(/\/$/, "")}/models`, signal)) as { data?: unknown } | null;
  if (!Array.isArray(answer?.data)) return [];
  return answer.data
    .map((model: unknown) => (model as { id?: unknown } | null)?.id)
    .filter((id): id is string => typeof id === "string" && id !== "");
}

/** What is trained to fill in the middle, as its name tells. */
const fillsIn = /coder|codestral|starcoder|codegemma|codellama|deepseek-coder|granite.*code/i;

function configOf(servers: readonly FoundServer[]): Discovery["config"] {
  const models: NonNullable<ConfigInput["models"]> = {};
  for (const server of servers) {
    for (const name of server.models) {
      const plain = name.replace(/\s+/g, "-").replace(/\/{2,}|^\/|\/$/g, "");
      const id = plain in models ? `${server.id}/${plain}` : plain;
      models[id] = {
        provider: server.id,
        name,
        tier: "local",
        abilities: fillsIn.test(name) ? ["chat", "completion", "fim"] : ["chat", "completion"],
        prices: { input: 0, output: 0 },
      };
    }
  }
  const providers = Object.fromEntries(
    servers.map(({ id, baseUrl }) => [id, { kind: "openai", baseUrl, locality: "local" }] as const),
  );
  return { providers, models };
}
