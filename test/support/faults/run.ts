import http from "node:http";
import type { Trace } from "../../../server/protocol/trace.ts";
import type { Daemon } from "../daemon.ts";
import { type Heard, hear, spokenBy } from "./heard.ts";
import { type CallMade, type Dice, type Scene, setScene } from "./scene.ts";
import { untrue } from "./told.ts";
import { type Asked, asked } from "./traffic.ts";

export interface FaultRun extends Dice {
  readonly requests: number;
  readonly atOnce: number;
}

/** What must never happen. */
export const sins = ["hung", "text", "false success", "nonsense", "not one trace", "untrue trace"] as const;
export type Sin = (typeof sins)[number];

/** How one request fared. */
export interface Fate {
  readonly n: number;
  /** The fault that it met first; null: none. */
  readonly fault: string | null;
  readonly as: Heard["as"];
  /** How many attempts its trace tells of. */
  readonly attempts: number;
  readonly traces: number;
  readonly sins: readonly { readonly sin: Sin; readonly what: string }[];
}

export interface Outcome {
  readonly fates: readonly Fate[];
  readonly calls: number;
  readonly wallMs: number;
  /** What went wrong with none of the requests alone. */
  readonly besides: readonly string[];
}

/** Sends the requests through a daemon whose upstreams go wrong by the dice, and holds what came against what was sent. */
export async function runFaults(o: FaultRun): Promise<Outcome> {
  await using scene = await setScene(o);
  const agent = new http.Agent({ keepAlive: true, maxSockets: o.atOnce });
  const begun = performance.now();
  try {
    const heard = new Map<number, [Asked, Heard]>();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < o.requests) {
        const one = asked(next++, o);
        heard.set(one.n, [one, await hear(scene.daemon, one, agent)]);
      }
    };
    await Promise.all(Array.from({ length: o.atOnce }, worker));
    const wallMs = performance.now() - begun;
    for (const upstream of Object.values(scene.upstreams)) await upstream.untilIdle();
    await scene.judge.until("the last word of the judge", () => scene.judge.inFlight === 0, 10_000);
    const traces = await allTraces(scene.daemon);
    const fates = [...heard.values()].map(([a, h]) => fateOf(a, h, o, scene.calls, traces));
    return { fates, calls: sum(scene.calls), wallMs, besides: await left(scene, traces, fates) };
  } finally {
    agent.destroy();
  }
}

const sum = (calls: Scene["calls"]): number => [...calls.values()].reduce((n, c) => n + c.length, 0);

/** By id; a list, since an id that comes twice would be a fault. */
async function allTraces(daemon: Daemon): Promise<Map<string, Trace[]>> {
  const byId = new Map<string, Trace[]>();
  let after = "";
  for (;;) {
    const { traces, next } = (await daemon.ask({ path: `/admin/traces?limit=1000${after}` })).json;
    for (const trace of traces as Trace[]) byId.set(trace.id, [...(byId.get(trace.id) ?? []), trace]);
    if (next === null) return byId;
    after = `&after=${next}`;
  }
}

function fateOf(
  a: Asked,
  heard: Heard,
  { early }: Dice,
  all: Scene["calls"],
  traces: ReadonlyMap<string, readonly Trace[]>,
): Fate {
  const calls = all.get(a.n) ?? [];
  const found: { sin: Sin; what: string }[] = [];
  const text = heard.as === "whole" || heard.as === "broken-off" ? heard.text : null;
  const spoken = text === null ? null : spokenBy(text, calls);
  if (heard.as === "hung") found.push({ sin: "hung", what: "no end" });
  if (heard.as === "nonsense") found.push({ sin: "nonsense", what: heard.why });
  if (text !== null && spoken === null) found.push({ sin: "text", what: whatOf(text, calls) });
  if (heard.as === "whole" && spoken && (!spoken.all || spoken.call.kind !== null))
    found.push({ sin: "false success", what: `${spoken.call.kind?.name}: ${text}` });

  const id = heard.as === "hung" ? "" : (heard.head?.trace ?? "");
  const own = traces.get(id) ?? [];
  if (own.length !== 1) found.push({ sin: "not one trace", what: `${own.length} traces of the id "${id}"` });
  const [trace] = own;
  if (trace)
    for (const what of untrue(trace, { asked: a, heard, by: spoken?.call ?? null, calls, early }))
      found.push({ sin: "untrue trace", what });
  const fault = a.tls ?? calls[0]?.kind?.name ?? null;
  return { n: a.n, fault, as: heard.as, attempts: trace?.attempts.length ?? 0, traces: own.length, sins: found };
}

const whatOf = (text: string, calls: readonly CallMade[]): string =>
  `"${text}" is nothing that was said: ${calls.map((c) => `${c.provider} ${c.kind?.name ?? "well"} "${c.text}"`).join(", ")}`;

async function left(scene: Scene, traces: ReadonlyMap<string, unknown>, fates: readonly Fate[]): Promise<string[]> {
  const found: string[] = [];
  if (traces.size !== fates.length) found.push(`${traces.size} traces of ${fates.length} requests`);
  const { text } = await scene.daemon.ask({ path: "/metrics" });
  if (!/^switchyard_requests_running 0$/m.test(text)) found.push("requests still run, say the metrics");
  const stderr = scene.daemon.stderr();
  if (stderr !== "") found.push(`the daemon said: ${stderr.slice(0, 1_000)}`);
  return found;
}
