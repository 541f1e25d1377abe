import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stats } from "../../server/protocol/stats.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { type Bench, quantile, type Row, row } from "./row.ts";
import { type Script, script } from "./stage.ts";

/** Milliseconds to the first token of the two models, and of a judge: what was published of such a router, and twice 300. */
const ttft = { small: 35, large: 600 };
const judgeMs = { least: 1_000, most: 1_800 };
const maxHoldMs = 1_500;
/** Requests of each kind for each contender, and those before that don't count. */
const each = 300;
const warmUp = 25;
/**
 * Milliseconds from one request to the next. Many run at once, so that what they use stays warm: a virtual machine may take
 * 10 µs for each page of memory that wasn't touched for some tens of milliseconds, and a request touches a thousand.
 */
const everyMs = 5;

const kinds = ["clear", "confirmed", "rejected", "held"] as const;
type Kind = (typeof kinds)[number];
/** As if one knew; the judge first; both at once; both at once by way of the bare forwarder; and Switchyard. */
const ways = ["direct", "sequential", "parallel", "floor", "switchyard"] as const;
type Way = (typeof ways)[number];

interface Question {
  readonly kind: Kind;
  readonly text: string;
  readonly judgeMs: number;
  /** Who is right to answer. */
  readonly right: "small" | "large";
}

/** Short is clear; of some length it is doubtful, and guessed to be simple with the band below. */
const band: [number, number] = [0.35, 0.8];
const filler =
  "What would you say about the way this module is put together, and how may it be told to a newcomer? ".repeat(2);

let asked = 0;
function question(kind: Kind): Question {
  const n = ++asked; // each is another one: the judge's memory mustn't help
  const share = (n * 0.618_034) % 1; // even over the range, and the same in every run
  const [least, most] = kind === "held" ? [maxHoldMs + 50, judgeMs.most] : [judgeMs.least, maxHoldMs - 50];
  const ms = Math.round(least + share * (most - least));
  const right = kind === "rejected" ? "large" : "small";
  const says = right === "large" ? "COMPLEX" : "SIMPLE";
  const told = `[small=${ttft.small} large=${ttft.large} judge=${ms} says=${says}] no. ${n}`;
  return { kind, text: kind === "clear" ? `Hello. ${told}` : filler + told, judgeMs: ms, right };
}

/** The least that a request like this can take, by what its upstreams take; only Switchyard stops waiting for the judge. */
function least(way: Way, { kind, judgeMs: ms }: Question): number {
  switch (kind) {
    case "clear":
      return ttft.small;
    case "confirmed":
      return Math.max(ms, ttft.small);
    case "held":
      return Math.max(way === "switchyard" ? maxHoldMs : ms, ttft.small);
    case "rejected":
      return ms + ttft.large;
  }
}

const agent = new Agent({ keepAlive: true });

interface Target {
  readonly port: number;
  readonly path: string;
  readonly model: string;
  readonly token: string;
}

/** Milliseconds to the first content of a stream, or to the end of a whole answer. */
function ask(to: Target, text: string, stream: boolean): Promise<number> {
  const body = JSON.stringify({ model: to.model, stream, messages: [{ role: "user", content: text }] });
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const headers = { authorization: `Bearer ${to.token}`, "content-type": "application/json" };
    const req = request({ port: to.port, path: to.path, method: "POST", agent, headers }, (res) => {
      if (res.statusCode !== 200) reject(new Error(`${to.path}: ${res.statusCode}`));
      let first: number | null = null;
      let head = "";
      res.on("data", (piece: Buffer) => {
        if (first !== null) return;
        head += piece.toString("latin1");
        if (/"content":"[^"]/.test(head)) first = performance.now() - begun;
      });
      res.on("end", () => (first === null ? reject(new Error(`no content: ${head.slice(0, 200)}`)) : resolve(first)));
    });
    req.on("error", reject);
    req.end(body);
  });
}

interface Scene {
  readonly upstream: Script;
  readonly floor: Script;
  readonly daemon: Daemon;
}

const token = "bench-token";
type At = (model: string) => Target;

async function parallel(q: Question, at: At): Promise<number> {
  const early = ask(at("small"), q.text, true);
  const judged = await ask(at("judge"), q.text, false);
  return q.right === "small" ? Math.max(judged, await early) : judged + (await ask(at("large"), q.text, true));
}

async function firstToken(way: Way, q: Question, { upstream, floor, daemon }: Scene): Promise<number> {
  const by =
    ({ port }: Script): At =>
    (model) => ({ port, path: `/${model}/v1/chat/completions`, model, token });
  const direct = by(upstream);
  switch (way) {
    case "direct":
      return ask(direct(q.right), q.text, true);
    case "sequential": {
      const judged = await ask(direct("judge"), q.text, false);
      return judged + (await ask(direct(q.right), q.text, true));
    }
    case "parallel":
      return parallel(q, direct);
    case "floor":
      return q.kind === "clear" ? ask(by(floor)(q.right), q.text, true) : parallel(q, by(floor));
    case "switchyard": {
      const to = { port: Number(new URL(daemon.http).port), path: "/v1/chat/completions", token: daemon.token };
      return ask({ ...to, model: "switchyard/auto" }, q.text, true);
    }
  }
}

interface Taken {
  readonly q: Question;
  readonly ms: number;
}

/** All questions in all ways, one every few milliseconds and shuffled, so that what the machine does meets all alike. */
async function run(scene: Scene): Promise<Record<Way, Taken[]>> {
  const taken: Record<Way, Taken[]> = { direct: [], sequential: [], parallel: [], floor: [], switchyard: [] };
  const jobs = Array.from({ length: warmUp + each }, (_, round) =>
    kinds.flatMap((kind) => ways.map((way) => ({ kind, way, counts: round >= warmUp }))),
  ).flatMap(shuffled);
  const begun = performance.now();
  const running = jobs.map(async ({ kind, way, counts }, i) => {
    await sleep(Math.max(0, begun + i * everyMs - performance.now()));
    const q = question(kind);
    const ms = await firstToken(way, q, scene);
    if (counts) taken[way].push({ q, ms });
  });
  await Promise.all(running);
  return taken;
}

/** The same in every run. */
function shuffled<T>(items: readonly T[], round: number): T[] {
  const key = (i: number) => ((round * items.length + i + 1) * 0.754_877_666) % 1;
  return items
    .map((item, i) => ({ item, key: key(i) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

const model = (provider: string, price: number) => ({
  provider,
  name: provider,
  prices: { input: price, output: 5 * price },
});
const provider = (port: number, name: string) =>
  ({
    kind: "openai",
    baseUrl: `http://127.0.0.1:${port}/${name}/v1`,
    locality: name === "large" ? "cloud" : "local",
  }) as const;

/** Four requests of five are clear, the rest doubtful: a third of those each confirmed, rejected and held too long. */
function mixed(taken: readonly Taken[]): number[] {
  const of = (kind: Kind) => taken.filter((t) => t.q.kind === kind).map((t) => t.ms);
  const share = Math.floor(each / 12);
  return [
    ...of("clear"),
    ...of("confirmed").slice(0, share),
    ...of("rejected").slice(0, share),
    ...of("held").slice(0, share),
  ];
}

export const speculation: Bench = {
  name: "speculation",
  about: `first token with a judge of 1.0–1.8 s, models of ${ttft.small} and ${ttft.large} ms, ${maxHoldMs} ms held at most`,
  run: async () => {
    await using upstream = await script("judged.ts");
    const { port } = upstream;
    await using floor = await script("floor.ts", [`http://127.0.0.1:${port}`, token]);
    await using daemon = await startDaemon({
      config: {
        providers: { small: provider(port, "small"), large: provider(port, "large"), judge: provider(port, "judge") },
        models: { small: model("small", 1), large: model("large", 5), judge: model("judge", 0.1) },
        routing: { primary: "small", escalation: "large", baseline: "large", judge: "judge", band },
        speculation: { maxHoldMs },
      },
    });
    const scene = { upstream, floor, daemon };
    const taken = await run(scene);
    print(taken);
    return [...rowsOf(taken), ...(await wasted(daemon))];
  },
};

/**
 * What Switchyard adds to the least, beyond what a client adds that does the same itself: the lateness of timers and of the
 * machine is in both. Beside it what the bare forwarder adds, which is what any process between adds here.
 */
function rowsOf(taken: Record<Way, Taken[]>): Row[] {
  const late = (way: Way, kind: Kind, q: number) =>
    quantile(
      taken[way].filter((t) => t.q.kind === kind).map((t) => t.ms - least(way, t.q)),
      q,
    );
  const rows: Row[] = [];
  for (const kind of kinds)
    for (const q of [0.5, 0.95]) {
      const itself = late(kind === "clear" ? "direct" : "parallel", kind, q);
      const floor = { name: "floor", values: [late("floor", kind, q) - itself] };
      const added = late("switchyard", kind, q) - itself;
      const aim = { of: "value", atMost: kind === "clear" ? 1 : 5 } as const;
      rows.push(row(`speculation.${kind}.added.p${q * 100}`, "ms", [added], floor, aim));
      // Over what the upstreams were told to take, their own lateness and the client's included.
      const over = { name: "client", values: [itself] };
      rows.push(row(`speculation.${kind}.over.p${q * 100}`, "ms", [itself + added], over));
    }
  for (const q of [0.5, 0.95]) {
    const at = (way: Way) => [quantile(mixed(taken[way]), q)];
    for (const way of ["sequential", "parallel", "direct"] as const)
      rows.push(row(`speculation.mixed.p${q * 100}`, "ms", at("switchyard"), { name: way, values: at(way) }));
  }
  return rows;
}

function print(taken: Record<Way, Taken[]>): void {
  const cell = (values: readonly number[]) =>
    `${quantile(values, 0.5).toFixed(0)} / ${quantile(values, 0.95).toFixed(0)}`;
  console.log(`  first token, p50 / p95 in ms${ways.map((w) => w.padStart(16)).join("")}`);
  for (const kind of kinds)
    console.log(
      `  ${kind.padEnd(28)}${ways.map((w) => cell(taken[w].filter((t) => t.q.kind === kind).map((t) => t.ms)).padStart(16)).join("")}`,
    );
  console.log(`  ${"mixed, 80 % clear".padEnd(28)}${ways.map((w) => cell(mixed(taken[w])).padStart(16)).join("")}`);
}

/** What speculation cost for nothing, as the ledger has it. */
async function wasted(daemon: Daemon): Promise<Row[]> {
  const { total }: Stats = await daemon.stats();
  const early = (await daemon.traces("?limit=1000")).flatMap((t) => t.attempts.filter((a) => a.role === "speculative"));
  const dropped = early.filter((a) => a.outcome === "discarded");
  const tokens = dropped.reduce((n, a) => n + (a.usage?.input ?? 0) + (a.usage?.output ?? 0), 0);
  return [
    row("speculation.wasted", "tok", [tokens / Math.max(1, early.length)], null), // a speculated request
    row("speculation.wasted.cost", "µ$", [total.speculationWasteNanos / 1_000 / Math.max(1, total.speculated)], null),
    row("speculation.saved", "ms", [total.speculationSavedMs / Math.max(1, total.speculated)], null),
  ];
}
