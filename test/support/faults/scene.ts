import type { ConfigInput } from "../../../server/protocol/config.ts";
import { type Daemon, startDaemon } from "../daemon.ts";
import { type Behaviour, type Seen, Upstream } from "../upstream.ts";
import { chance, oneOf } from "./chance.ts";
import { type FaultKind, faultKinds } from "./kinds.ts";

export interface Dice {
  readonly seed: number;
  /** The share of calls that go wrong. */
  readonly share: number;
  /** Much is begun before it is known to be needed: a judge is asked, answers are held back, late ones asked for twice. */
  readonly early: boolean;
}

export const providers = ["a", "b", "c"] as const;
export type ProviderName = (typeof providers)[number];

/** One call as its upstream met it. */
export interface CallMade {
  /** The number of the request that it was made for. */
  readonly n: number;
  readonly provider: ProviderName;
  /** Null: it was answered as it should be. */
  readonly kind: FaultKind | null;
  /** What it said, or would have. */
  readonly text: string;
  /** What it said it had put out; null: nothing. */
  readonly output: number | null;
}

export interface Scene extends AsyncDisposable {
  readonly daemon: Daemon;
  readonly upstreams: Readonly<Record<ProviderName, Upstream>>;
  readonly judge: Upstream;
  /** By the request's number, in their order. */
  readonly calls: ReadonlyMap<number, readonly CallMade[]>;
}

export const timeouts = { connectMs: 300, firstTokenMs: 400, betweenTokensMs: 400, totalMs: 5_000 };

/**
 * Three providers that go wrong by the dice, and two that can't be trusted or speak no TLS. What the three say carries the
 * request's number, the provider's name, the call's number there and a running number, so that nothing can be doubled, lost
 * or mixed up unseen.
 */
export async function setScene(dice: Dice): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const start = async (options = {}): Promise<Upstream> => stack.use(await Upstream.start(options));
  const upstreams = { a: await start(), b: await start(), c: await start() };
  const untrusted = await start({ tls: true });
  const judge = await start();
  judge.script = (seen) => judging(seen, dice);
  const calls = new Map<number, CallMade[]>();
  for (const [at, name] of providers.entries())
    upstreams[name].script = (seen) => {
      const { call, behaviour } = meet(seen, name, at, dice, calls);
      const before = calls.get(call.n);
      if (before) before.push(call);
      else calls.set(call.n, [call]);
      return behaviour;
    };
  const noTls = `https://127.0.0.1:${upstreams.a.port}/v1`;
  const plain = configOf(upstreams, untrusted.baseUrl, noTls);
  const config = dice.early ? withJudge(plain, judge.baseUrl) : plain;
  const daemon = stack.use(await startDaemon({ config }));
  const parts = stack.move();
  return { daemon, upstreams, judge, calls, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

function configOf(up: Scene["upstreams"], untrusted: string, noTls: string): ConfigInput {
  const provider = (baseUrl: string, locality: "local" | "cloud") => ({
    kind: "openai" as const,
    baseUrl,
    locality,
    timeouts,
  });
  const free = { input: 0, output: 0 };
  const dear = { input: 3, cachedInput: 0.3, output: 15 };
  return {
    providers: {
      a: provider(up.a.baseUrl, "local"),
      b: provider(up.b.baseUrl, "cloud"),
      c: provider(up.c.baseUrl, "cloud"),
      untrusted: provider(untrusted, "cloud"),
      "no-tls": provider(noTls, "cloud"),
    },
    models: {
      a: { provider: "a", name: "a-model", tier: "local", prices: free },
      b: { provider: "b", name: "b-model", tier: "economy" }, // what it costs isn't known
      c: { provider: "c", name: "c-model", tier: "premium", prices: dear },
      untrusted: { provider: "untrusted", name: "x", tier: "premium", prices: dear },
      "no-tls": { provider: "no-tls", name: "x", tier: "premium", prices: dear },
    },
    routing: {
      primary: "a",
      escalation: "c",
      baseline: "c",
      rules: ["untrusted", "no-tls"].map((use) => ({ when: { workspace: use }, use })),
    },
    log: { level: "error" },
  };
}

/** Every question is doubtful, every stream soon late, and the user's own machine has few places. */
function withJudge(config: ConfigInput, baseUrl: string): ConfigInput {
  const free = { input: 0, output: 0 };
  const { a, ...others } = config.providers!;
  return {
    ...config,
    providers: {
      ...others,
      a: { ...a!, maxConcurrent: 12 } as NonNullable<ConfigInput["providers"]>[string],
      judge: { kind: "openai", baseUrl, locality: "local", timeouts },
    },
    models: { ...config.models, judge: { provider: "judge", name: "j", tier: "local", prices: free } },
    routing: { ...config.routing, judge: "judge", band: [0, 1] },
    speculation: { maxHoldMs: 60, cloudUsdPerDay: 1_000 },
    hedge: { afterMs: 20, maxShare: 1 },
  };
}

function judging(seen: Seen, { seed, share }: Dice): Behaviour {
  const roll = (what: number): number => chance(seed, numberOf(seen), 200 + what);
  const misdeed =
    roll(0) < share
      ? oneOf(
          faultKinds.flatMap((k) => k.whole ?? []),
          roll(1),
        )
      : null;
  const word = roll(2) < 0.6 ? "SIMPLE" : "COMPLEX";
  return { chunks: [word], ttftMs: roll(3) * 80, ...misdeed?.([word], roll(4)) };
}

/** The request's number, as its text carries it. */
const numberOf = (seen: Seen): number => Number(/#(\d+)#/.exec(seen.text)?.[1] ?? Number.NaN);

function meet(
  seen: Seen,
  provider: ProviderName,
  at: number,
  { seed, share }: Dice,
  calls: ReadonlyMap<number, readonly CallMade[]>,
): { call: CallMade; behaviour: Behaviour } {
  const n = numberOf(seen);
  const nth = calls.get(n)?.filter((c) => c.provider === provider).length ?? 0;
  const roll = (what: number): number => chance(seed, n, at, nth, what);
  const stream = seen.json["stream"] === true;
  const kinds = faultKinds.filter((k) => (stream ? k.stream : k.whole) !== null);
  const kind = roll(0) < share ? oneOf(kinds, roll(1)) : null;
  const count = 1 + Math.floor(roll(2) * 24);
  const pieces = Array.from({ length: count }, (_, i) => `[${n}:${provider}${nth}:${i}é]`);
  pieces.push(`[${n}:${provider}${nth}:end]`);
  const usage = roll(3) < 0.2 ? null : { input: 20, cachedInput: 5, output: count, reasoning: 0 };
  const shred = stream && roll(4) < 0.15 ? { shred: 1 + Math.floor(roll(5) * 60), gapMs: 0 } : {};
  // A whole answer may take longer than a stream may for its first token.
  const headMs = !stream && roll(6) < 0.03 ? 600 : 0;
  const well: Behaviour = { chunks: pieces, usage, ttftMs: roll(7) * 15, gapMs: roll(8) * 2, headMs, ...shred };
  const misdeed = stream ? kind?.stream : kind?.whole;
  return {
    call: { n, provider, kind, text: pieces.join(""), output: usage?.output ?? null },
    behaviour: { ...well, ...misdeed?.(pieces, roll(9)) },
  };
}
