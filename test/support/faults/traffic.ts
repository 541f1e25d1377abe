import { chance, oneOf } from "./chance.ts";
import type { Dice } from "./scene.ts";

export interface Asked {
  readonly n: number;
  readonly path: string;
  readonly stream: boolean;
  readonly model: string;
  /** What of TLS goes wrong at the model that is asked first. */
  readonly tls: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const broken = ["untrusted", "no-tls"] as const;
export const tlsFaults = { untrusted: "a certificate nobody trusts", "no-tls": "no TLS where it should be" } as const;

/** Hard enough for the strong model. */
const hard = "Prove step by step that this algorithm is correct, and analyse its complexity. ".repeat(3);

/** The `n`-th request: chat or completion, streamed or whole, for a model by name or for whom the router finds. */
export function asked(n: number, { seed, share }: Dice): Asked {
  const roll = (what: number): number => chance(seed, n, 100 + what);
  const chat = roll(0) < 0.7;
  const stream = roll(1) < 0.6;
  const tls = roll(2) < share / 10 ? oneOf(broken, roll(3)) : null;
  const explicit = roll(4) < 0.35;
  const routed = ["switchyard/auto", "switchyard/auto", "switchyard/auto", "switchyard/fast", "switchyard/best"];
  const model = explicit ? (tls ?? oneOf(["a", "b", "c"], roll(5))) : tls ? "switchyard/auto" : oneOf(routed, roll(5));
  const text = `${roll(6) < 0.4 ? hard : "Say hello."} #${n}#`;
  const usage = stream && roll(7) < 0.5 ? { stream_options: { include_usage: true } } : {};
  return {
    n,
    path: chat ? "/v1/chat/completions" : "/v1/completions",
    stream,
    model,
    tls: tls && tlsFaults[tls],
    headers: tls && !explicit ? { "x-switchyard-workspace": tls } : {},
    body: JSON.stringify({
      model,
      stream,
      ...usage,
      ...(chat ? { messages: [{ role: "user", content: text }] } : { prompt: text }),
    }),
  };
}
