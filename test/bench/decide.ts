import type { Model } from "../../server/domain/model.ts";
import type { Request } from "../../server/domain/request.ts";
import { ReadingMemo } from "../../server/gateway/memo.ts";
import { decide as decideRoute } from "../../server/logic/routing/decide.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { Learned } from "../../server/logic/routing/learned.ts";
import type { Read } from "../../server/logic/routing/reading.ts";
import { sample } from "../../server/logic/routing/sample.ts";
import { type Snapshot, snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { recogniseTask } from "../../server/logic/routing/task.ts";
import { type ConfigInput, routingSchema } from "../../server/protocol/config.ts";
import { tasks } from "../../server/protocol/trace.ts";
import { modelOf, pricesOf } from "../support/models.ts";
import { read } from "../support/reading.ts";
import { fresh, promptsOf } from "./prompts.ts";
import { routeLines } from "./route-lines.ts";
import { type Bench, inRounds, row } from "./row.ts";

const rounds = 15;
const readings = 101;
const batch = 30_000;
/** The rule of thumb is over too soon to be timed otherwise. */
const thumbs = 100 * batch;
const tiers = ["local", "economy", "standard", "premium"] as const;

const request = (content: string, i: number): Request => ({
  id: `bench-${i}`,
  kind: "chat",
  stream: true,
  origin: { surface: "http", wire: "openai.chat", client: "bench", workspace: null, session: null, atMs: 0 },
  wishes: { model: "switchyard/auto", sampling: {}, needs: [] },
  egress: { verdict: "anywhere", rule: "default" },
  prompt: { kind: "chat", messages: [{ role: "user", content }], tools: [] },
});

const model = (i: number): Model =>
  modelOf(`model-${i}`, tiers[i % 4]!, {
    abilities: new Set(["chat", "completion", "tools"]),
    prices: { ...pricesOf(i % 4, 5 * (i % 4)), cachedInput: (i % 4) / 10 },
  });

/** With something learned of each model at each task. */
function world(models: number, routing: ConfigInput["routing"]): Snapshot {
  const all = Array.from({ length: models }, (_, i) => model(i));
  const judged = tasks.flatMap((task) =>
    [0.2, 0.6, 1].flatMap((reward) => all.map((m) => ({ task, model: m.id, expected: 0.6, reward }))),
  );
  return snapshotOf({
    models: all,
    routing: routingSchema.parse({ escalation: `model-${Math.min(3, models - 1)}`, ...routing }),
    ahead: { speculation: undefined, hedge: undefined },
    latency: new Map(all.map((m, i) => [m.id, { p50: 200 + 50 * i, p95: 2_000, tail: null }])),
    broken: new Map(),
    learned: Learned.of(judged),
  });
}

/** What a rule by task needs of the text: the task. The classifier is left out, which every real request pays for. */
const taskAlone: Read = ({ text, system, task, tools }) => ({
  task: task ?? recogniseTask(sample(text), system.slice(0, 2000), tools),
  estimate: { weak: 0, strong: 0, score: 0, novelty: 0 },
});

/** Every score is in the band, so that the policy weighs; a rule a task. */
const weighs = { band: [0, 1] } satisfies ConfigInput["routing"];
const ruled = { rules: tasks.map((task) => ({ when: { task }, use: "model-1" })) } satisfies ConfigInput["routing"];

/** Microseconds of this thread: what one core has to give, whatever else the machine does meanwhile. */
const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

let strong = 0; // read, so that nothing is optimised away

/** Decisions a second; the requests take turns, each decision with an id of its own. */
function rate(requests: readonly Request[], s: Snapshot, reading: Read = read, times = batch): () => Promise<number> {
  return async () => {
    const begun = cpuUs();
    for (let i = 0; i < times; i++) {
      const decided = decideRoute(featuresOf(requests[i % requests.length]!, reading, null), s);
      if ("ok" in decided && decided.ok.model !== "model-0") strong++;
    }
    return (times * 1e6) / (cpuUs() - begun);
  };
}

const thumb = (requests: readonly Request[]) => async (): Promise<number> => {
  const begun = cpuUs();
  for (let i = 0; i < thumbs; i++) {
    const { prompt } = requests[i % requests.length]!;
    const text = prompt.kind === "chat" ? String(prompt.messages[0]?.content) : "";
    if (text.length >= 120 || /explain/i.test(text)) strong++;
  }
  return (thumbs * 1e6) / (cpuUs() - begun);
};

/**
 * Microseconds for reading a text; what is asked is new each time, as it comes from a parser. By the clock, since a thread's own
 * time is counted too coarsely for what is over so soon: a round is short, and there are many.
 */
function readingTime(texts: readonly string[], reading: Read): () => Promise<number> {
  return async () => {
    const asked = fresh(texts).map((text) => {
      return { text, system: "", task: null, tools: false, messages: 1, historyChars: 0, editor: null };
    });
    const begun = performance.now();
    for (const one of asked) if (reading(one).estimate.score > 0.5) strong++;
    return ((performance.now() - begun) * 1000) / asked.length;
  };
}

async function decisions() {
  const of = (count: number, chars: number) => promptsOf(count, chars).map(request);
  const twelve = world(12, weighs);
  const short = of(1_000, 300);
  const contenders = {
    thumb: thumb(short),
    rules: rate(short, world(12, ruled), taskAlone, 5 * batch),
    unread: rate(short, twelve, taskAlone, 3 * batch),
    full: rate(short, twelve),
    long: rate(of(1_000, 2_000), twelve),
    prompts100: rate(of(100, 300), twelve),
    prompts10000: rate(of(10_000, 300), twelve),
    models1: rate(short, world(1, weighs)),
    models100: rate(short, world(100, weighs)),
  };
  await inRounds(3, contenders);
  const took = await inRounds(rounds, contenders);
  const known = { name: "rule of thumb", values: took.thumb };
  const full = { name: "1,000 prompts", values: took.full };
  const twelveModels = { name: "12 models", values: took.full };
  return [
    row("decide.rules.300", "1/s", took.rules, known, { of: "value", atLeast: 250_000 }),
    row("decide.unclassified.300", "1/s", took.unread, known), // what the classifier adds is the rest
    row("decide.full.300", "1/s", took.full, known, { of: "value", atLeast: 120_000 }),
    row("decide.full.2000", "1/s", took.long, known),
    row("decide.prompts.100", "1/s", took.prompts100, full),
    row("decide.prompts.10000", "1/s", took.prompts10000, full),
    row("decide.models.1", "1/s", took.models1, twelveModels),
    row("decide.models.100", "1/s", took.models100, twelveModels),
  ];
}

async function memory() {
  const rows = [];
  for (const chars of [300, 2_000]) {
    const texts = promptsOf(1_000, chars);
    const memo = new ReadingMemo({ read, now: () => performance.now(), ttlSeconds: () => 300 });
    const contenders = { hit: readingTime(texts, memo.read), computing: readingTime(texts, read) };
    await inRounds(10, contenders);
    const took = await inRounds(readings, contenders);
    rows.push(
      row(
        `decide.memo.${chars}`,
        "µs",
        took.hit,
        { name: "computing", values: took.computing },
        { of: "ratio", atMost: 0.1 },
      ),
    );
  }
  return rows;
}

/** How many requests one core decides a second: features, classifier, learner, and the policy over twelve models. */
export const decide: Bench = {
  name: "decide",
  about: "decisions a second on one core, and what remembering saves",
  run: async () => {
    const rows = [...(await decisions()), ...(await memory()), ...(await routeLines())];
    if (strong === 0) throw new Error("no question was ever decided to be hard");
    return rows;
  },
};
