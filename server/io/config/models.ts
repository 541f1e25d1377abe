import { BlockList, isIP } from "node:net";
import type { Ability, Locality, Model, Prices } from "../../domain/model.ts";
import type { Config, ModelConfig, ProviderConfig } from "../../protocol/config.ts";

/** The configured models with all that follows from their provider. */
export function resolveModels(config: Config): readonly Model[] {
  return Object.entries(config.models).flatMap(([id, model]) => {
    const provider = config.providers[model.provider];
    if (!provider) return []; // can't be: the check refuses it
    const locality = localityOf(provider);
    return [
      {
        id,
        provider: model.provider,
        name: model.name,
        tier: model.tier ?? (locality === "local" ? "local" : "standard"),
        locality,
        contextWindow: model.contextWindow ?? null,
        maxOutput: model.maxOutput ?? null,
        abilities: abilitiesOf(provider, model),
        prices: pricesOf(provider, model),
        equals: equalsOf(id, config),
      },
    ];
  });
}

/** Both ways: what equals another is equalled by it. */
const equalsOf = (id: string, { models }: Config): readonly string[] =>
  Object.keys(models).filter((m) => m !== id && (models[id]!.equals.includes(m) || models[m]!.equals.includes(id)));

const wireOf = { chat: "chat", completion: "completions", embeddings: "embeddings" } as const;

/** What the model can, but for what its provider has no endpoint for. */
function abilitiesOf(provider: ProviderConfig, { abilities }: ModelConfig): ReadonlySet<Ability> {
  const wires = provider.kind === "openai" ? provider.wires : undefined;
  if (!wires) return new Set(abilities);
  return new Set(abilities.filter((a) => !(a in wireOf) || wires.includes(wireOf[a as keyof typeof wireOf])));
}

const free: Prices = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 };

/** The embedded engine costs nothing; anything else is unknown until someone says. */
function pricesOf(provider: ProviderConfig, { prices }: ModelConfig): Prices | null {
  if (!prices) return provider.kind === "llama-cpp" ? free : null;
  const { input, output } = prices;
  return {
    input,
    output,
    cachedInput: prices.cachedInput ?? input,
    cacheWrite: prices.cacheWrite ?? input,
    reasoning: prices.reasoning ?? output,
  };
}

export function localityOf(provider: ProviderConfig): Locality {
  if (provider.kind === "llama-cpp") return "local";
  return provider.locality ?? (isLocalHost(new URL(provider.baseUrl).hostname) ? "local" : "cloud");
}

const privateRanges = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const)
  privateRanges.addSubnet(network, prefix, "ipv4");
privateRanges.addAddress("::1", "ipv6");
privateRanges.addSubnet("fc00::", 7, "ipv6");
privateRanges.addSubnet("fe80::", 10, "ipv6");

/** Loopback, private ranges and *.local. A name says nothing else about where it leads: it counts as cloud. */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
  const version = isIP(host);
  if (version !== 0) return privateRanges.check(host, version === 4 ? "ipv4" : "ipv6");
  return host === "localhost" || host.endsWith(".localhost") || host.endsWith(".local");
}
