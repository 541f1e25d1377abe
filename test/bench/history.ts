import { load } from "./load.ts";
import { type Bench, inRounds, median, row } from "./row.ts";
import { contenders, stage } from "./stage.ts";

const rounds = 12;

/** A chat of 400 messages, a third of them code: some 200 kB that are read, looked into and forwarded. */
const messages = Array.from({ length: 400 }, (_, i) => ({
  role: i % 2 === 0 ? "user" : "assistant",
  content:
    i % 3 === 0
      ? `\`\`\`ts\nexport function step${i}(input: readonly number[]): number {\n  return input.reduce((a, b) => a + b * ${i}, 0);\n}\n\`\`\`\n`.repeat(
          4,
        )
      : `Message ${i}: why does the second call to the cache miss when the key is the same as before? `.repeat(6),
}));

/** What a long history costs on its way: it should be read once and printed not at all. */
export const history: Bench = {
  name: "history",
  about: "a request with a history of 400 messages",
  run: async () => {
    await using s = await stage();
    const run = async (who: (typeof contenders)[number], count: number) =>
      median([...(await load(s.target(who, { messages }), 1, count)).totalMs]);
    for (const who of contenders) await run(who, 100);
    const took = await inRounds(rounds, {
      direct: () => run("direct", 50),
      floor: () => run("floor", 50),
      switchyard: () => run("switchyard", 50),
    });
    const added = (of: readonly number[]) => of.map((ms, i) => ms - took.direct[i]!);
    return [
      row("history.400.p50", "ms", took.switchyard, { name: "direct", values: took.direct }),
      row("history.400.added.p50", "ms", added(took.switchyard), { name: "floor", values: added(took.floor) }),
    ];
  },
};
