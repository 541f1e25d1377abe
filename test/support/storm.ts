import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../../server/protocol/config.ts";
import { begin } from "./client.ts";
import type { Daemon } from "./daemon.ts";
import { chance, oneOf } from "./faults/chance.ts";
import type { Behaviour, Seen, Upstream } from "./upstream.ts";

/** What has happened to a request, as far as the world outside the daemon sees it. */
type Moment = "sent" | "asked" | "asked twice" | "judged" | "escalated" | "answering";

/** Where in its life a request shall be when its client leaves; its text names it. */
interface Point {
  readonly name: string;
  readonly model: string;
  readonly stream: boolean;
  /** Every other client leaves within so many milliseconds after this moment, the rest so long after they have sent. */
  readonly after: Moment;
  readonly withinMs: number;
  /** What the model's server does with it. */
  readonly does: Behaviour;
  /** What the judge says, and after how long. */
  readonly judge?: Behaviour;
}

const words = Array.from({ length: 40 }, (_, i) => `word ${i} `);
const slowly: Behaviour = { chunks: words, gapMs: 3 };
const full: Behaviour = { status: 429, headers: { "retry-after": "1" }, body: "{}" };
const says = (word: string, ttftMs: number): Behaviour => ({ chunks: [word], ttftMs });

const small = (name: string, after: Moment, withinMs: number, does: Behaviour, stream = true): Point => ({
  name,
  model: "small",
  stream,
  after,
  withinMs,
  does,
});
const laned = (name: string, does: Behaviour): Point => ({ ...small(name, "sent", 80, does), model: "laned" });
const auto = (name: string, after: Moment, withinMs: number, judge: Behaviour): Point => ({
  name,
  model: "switchyard/auto",
  stream: true,
  after,
  withinMs,
  does: slowly,
  judge,
});

const points: readonly Point[] = [
  small("sending", "sent", 2, {}),
  small("head", "asked", 20, { stall: "accept" }),
  small("first token", "asked", 20, { stall: "headers" }),
  small("stream", "answering", 80, slowly),
  small("whole", "asked", 20, { ttftMs: 30 }, false),
  small("hedge", "asked twice", 60, { ...slowly, ttftMs: 80 }),
  small("back-off", "asked", 150, full, false),
  laned("queue", { ttftMs: 30, chunks: words, gapMs: 2 }),
  laned("queue behind silence", { stall: "accept" }), // its places come free only by those who leave
  laned("queue behind words", { stall: "middle" }),
  auto("judging", "judged", 40, says("SIMPLE", 60)),
  auto("rejecting", "escalated", 60, says("COMPLEX", 20)),
  auto("holding", "asked", 80, says("SIMPLE", 250)),
];

export interface StormUpstreams {
  readonly gpu: Upstream;
  readonly lane: Upstream;
  readonly cloud: Upstream;
  readonly judge: Upstream;
}

export function stormConfig(up: StormUpstreams): ConfigInput {
  const local = (u: Upstream) => ({ kind: "openai" as const, baseUrl: u.baseUrl, locality: "local" as const });
  const prices = { input: 0, output: 0 };
  return {
    providers: {
      gpu: local(up.gpu),
      lane: { ...local(up.lane), maxConcurrent: 4 },
      cloud: { kind: "openai", baseUrl: up.cloud.baseUrl, locality: "cloud" },
      bench: local(up.judge),
    },
    models: {
      small: { provider: "gpu", name: "small-model", prices },
      laned: { provider: "lane", name: "laned-model", prices },
      large: { provider: "cloud", name: "large-model", prices: { input: 3, output: 15 } },
      judge: { provider: "bench", name: "judge-model", prices },
    },
    routing: { primary: "small", escalation: "large", judge: "judge", band: [0, 1] },
    speculation: { maxHoldMs: 100 },
    hedge: { afterMs: 20, maxShare: 1 },
    log: { level: "warn" },
  };
}

/** Clients by the text that they send, for the moments that only upstreams see. */
type Watched = Map<string, (moment: Moment) => void>;

/** Has each upstream do what the point needs that a request names, and tell of it. */
function script(up: StormUpstreams, watched: Watched): void {
  const meet = (seen: Seen, moment: Moment): Point | undefined => {
    const key = keyOf(seen.text);
    watched.get(key)?.(moment);
    return points.find((p) => p.name === key.slice(1, key.lastIndexOf(" ")));
  };
  for (const upstream of [up.gpu, up.lane]) upstream.script = (seen) => meet(seen, "asked")?.does ?? {};
  up.cloud.script = (seen) => meet(seen, "escalated")?.does ?? {};
  up.judge.script = (seen) => meet(seen, "judged")?.judge ?? says("SIMPLE", 0);
}

const keyOf = (text: string): string => /\([a-z -]+ \d+\.\d+\)/.exec(text)?.[0] ?? "";

/** Sends so many requests, `atOnce` at a time, and leaves each at a moment of its own. */
export async function storm(
  daemon: Daemon,
  up: StormUpstreams,
  o: { readonly count: number; readonly atOnce: number; readonly seed: number },
): Promise<void> {
  const watched: Watched = new Map();
  script(up, watched);
  const agent = new http.Agent({ keepAlive: true, maxSockets: o.atOnce });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < o.count) {
      const n = next++;
      const point = oneOf(points, chance(o.seed, n, 0));
      const early = chance(o.seed, n, 1) < 0.5;
      const after = { moment: early ? "sent" : point.after, ms: chance(o.seed, n, 2) * point.withinMs } as const;
      await leave(daemon, point, `(${point.name} ${o.seed}.${n})`, after, agent, watched);
    }
  };
  try {
    await Promise.all(Array.from({ length: o.atOnce }, worker));
  } finally {
    agent.destroy();
  }
}

async function leave(
  daemon: Daemon,
  { model, stream }: Point,
  key: string,
  after: { readonly moment: Moment; readonly ms: number },
  agent: http.Agent,
  watched: Watched,
): Promise<void> {
  const body = JSON.stringify({ model, stream, messages: [{ role: "user", content: key }] });
  const headers = { authorization: `Bearer ${daemon.token}` };
  const req = begin(daemon.http, { path: "/v1/chat/completions", headers, body, agent });
  const gone = new Promise<void>((resolve) => req.on("close", resolve));
  const came = Promise.withResolvers<void>();
  let asked = 0;
  const note = (moment: Moment): void => {
    const now = moment === "asked" && ++asked === 2 ? "asked twice" : moment;
    if (now === after.moment) came.resolve();
  };
  watched.set(key, note);
  req.on("error", () => {}); // leaving is the point
  req.on("response", (res) => {
    res.on("error", () => {});
    res.once("data", () => note("answering")).resume();
  });
  req.end(body);
  note("sent");
  await Promise.race([came.promise, gone]);
  if (after.ms > 1) await Promise.race([sleep(after.ms), gone]);
  req.destroy();
  await gone;
  watched.delete(key);
}
