import type { Model } from "../../server/domain/model.ts";
import type { Request } from "../../server/domain/request.ts";
import { decide as decideRoute } from "../../server/logic/routing/decide.ts";
import { featuresOf } from "../../server/logic/routing/features.ts";
import { read } from "../../server/logic/routing/reading.ts";
import { snapshotOf } from "../../server/logic/routing/snapshot.ts";
import { routingSchema } from "../../server/protocol/config.ts";
import { type Bench, inRounds, row } from "./row.ts";

const rounds = 15;
const batch = 20_000;

const questions = [
  "What does the spread operator do?",
  "Write a commit message for this diff: + const retries = 3;",
  "Fix the off-by-one error in the loop of src/pages.ts, please. The last page is missing whenever the count is a multiple of the page size, and the tests in test/pages.test.ts fail on CI only.",
  "Explain step by step why this deadlocks:\n```ts\nasync take() { while (this.busy) await this.wait(); this.busy = true; }\n```\nError: timeout\n    at Pool.take (src/pool.ts:12:3)\n",
  "Design a migration from the old schema to the new one without downtime, and prove that no write is lost. ".repeat(3),
];

const request = (content: string, i: number): Request => ({
  id: `bench-${i}`,
  kind: "chat",
  stream: true,
  origin: { surface: "http", wire: "openai.chat", client: "bench", workspace: null, session: null, atMs: 0 },
  wishes: { model: "switchyard/auto", sampling: {}, needs: [] },
  egress: { verdict: "anywhere", rule: "default" },
  prompt: { kind: "chat", messages: [{ role: "user", content }], tools: [] },
});

const model = (id: string, tier: Model["tier"]): Model => ({
  id,
  provider: "p",
  name: id,
  tier,
  locality: tier === "local" ? "local" : "cloud",
  contextWindow: 128_000,
  maxOutput: null,
  abilities: new Set(["chat", "completion", "tools"]),
  prices: null,
  equals: [],
});

/** How many requests one core decides a second: the features of some 150 characters and the decision, nothing else. */
export const decide: Bench = {
  name: "decide",
  about: "decisions a second on one core, against the known rule of thumb",
  run: async () => {
    const requests = questions.map(request);
    const routing = routingSchema.parse({ escalation: "large" });
    const snapshot = snapshotOf({
      models: [model("small", "local"), model("large", "premium")],
      routing,
      ahead: { speculation: undefined, hedge: undefined },
      latency: new Map(),
      broken: new Map(),
    });
    let strong = 0; // read, so that nothing is optimised away
    const timed = async (one: (q: Request) => boolean) => {
      const begun = performance.now();
      for (let i = 0; i < batch; i++) if (one(requests[i % requests.length]!)) strong++;
      return batch / ((performance.now() - begun) / 1000);
    };
    const switchyard = () =>
      timed((q) => {
        const decided = decideRoute(featuresOf(q, read, null), snapshot);
        return "ok" in decided && decided.ok.model === "large";
      });
    const thumb = () =>
      timed((q) => {
        const text = q.prompt.kind === "chat" ? String(q.prompt.messages[0]?.content) : "";
        return text.length >= 120 || /explain|step by step/i.test(text);
      });
    await inRounds(3, { switchyard, thumb });
    const took = await inRounds(rounds, { switchyard, thumb });
    if (strong === 0) throw new Error("no question was ever decided to be hard");
    return [row("decide.rate", "1/s", took.switchyard, { name: "rule of thumb", values: took.thumb })];
  },
};
