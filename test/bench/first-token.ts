import { load } from "./load.ts";
import { type Bench, inRounds, median, quantile, row } from "./row.ts";
import { contenders, shortChat, stage } from "./stage.ts";

const rounds = 10;
const connections = 8;

/** What is added to the first token of a model that takes 50 ms for it and streams 30 more, 10 ms apart. */
export const firstToken: Bench = {
  name: "first-token",
  about: "added time to the first token of a paced stream, 8 connections",
  run: async () => {
    await using s = await stage();
    const run = async (who: (typeof contenders)[number], count: number) => [
      ...(await load(s.target(who, { ...shortChat, stream: true }, "paced"), connections, count)).firstMs,
    ];
    for (const who of contenders) {
      await load(s.target(who, { ...shortChat, stream: true }), connections, 1_500); // warms up, unpaced
      await run(who, connections);
    }
    const took = await inRounds(rounds, {
      direct: () => run("direct", 3 * connections),
      floor: () => run("floor", 3 * connections),
      switchyard: () => run("switchyard", 3 * connections),
    });
    const added = (of: readonly number[][], q: number) =>
      of.map((t, i) => quantile(t, q) - quantile(took.direct[i]!, q));
    return [
      row("first-token.p50", "ms", took.switchyard.map(median), { name: "direct", values: took.direct.map(median) }),
      row(
        "first-token.added.p50",
        "ms",
        added(took.switchyard, 0.5),
        { name: "floor", values: added(took.floor, 0.5) },
        { of: "ratio", atMost: 1.8 },
      ),
      row("first-token.added.p95", "ms", added(took.switchyard, 0.95), {
        name: "floor",
        values: added(took.floor, 0.95),
      }),
    ];
  },
};
