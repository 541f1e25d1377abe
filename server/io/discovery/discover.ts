import { request } from "node:http";
import type { ConfigInput } from "../../protocol/config.ts";
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

/** More than any list of models takes. */
const maxAnswerBytes = 1_048_576;
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
  if (!baseUrl.startsWith("http:")) return [];
  const body = await get(`${baseUrl.replace(/\/$/, "")}/models`, signal);
  return body === null ? [] : modelNames(body);
}

/** An answer's text, or null. Straight to the socket: a proxy has no business with this machine. */
function get(url: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const nothing = () => resolve(null);
    const asked = request(url, { signal, agent: false, headers: { accept: "application/json" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
        if (text.length > maxAnswerBytes) asked.destroy();
      });
      answer.once("end", () => resolve(answer.statusCode === 200 ? text : null));
      answer.once("error", nothing);
      answer.once("close", nothing);
    });
    asked.once("error", nothing);
    asked.end();
  });
}

/** The ids in a list of models; none when it isn't one. */
function modelNames(body: string): string[] {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    if (!Array.isArray(data)) return [];
    return data
      .map((model: unknown) => (model as { id?: unknown } | null)?.id)
      .filter((id): id is string => typeof id === "string" && id !== "");
  } catch {
    return [];
  }
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
