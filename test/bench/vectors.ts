import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { VectorIndex } from "../../server/io/cache/vector-index.ts";
import { chance } from "../../server/kit/chance.ts";
import { noisy } from "../support/vectors.ts";
import type { EmbedderFigures } from "../support/vectors-child.ts";
import { type Bench, inRounds, row } from "./row.ts";

const dimensions = 512;
const entries = 100_000;
const rounds = 9;
const lookups = 10;
const child = join(import.meta.dirname, "../support/vectors-child.ts");

/** What a semantic cache costs: a look among many questions, and a question's vector, which the main thread never makes. */
export const vectors: Bench = {
  name: "vectors",
  byName: true, // `cache` runs it too
  about: `a look among ${entries} vectors against a comparison with all; a text's vector in its worker`,
  run: async () => {
    const figures: EmbedderFigures[] = [];
    for (let i = 0; i < 3; i++) {
      const out = execFileSync(process.execPath, ["--no-warnings", child], { encoding: "utf8" });
      figures.push(JSON.parse(out) as EmbedderFigures);
    }
    const of = (key: keyof EmbedderFigures) => figures.map((f) => f[key]);

    const random = chance(1);
    const own = new VectorIndex({ dimensions, maxEntries: entries });
    const exact = new VectorIndex({ dimensions, maxEntries: entries, exactUpTo: entries });
    const asked: Float32Array[] = [];
    const vector = new Float32Array(dimensions);
    for (let id = 0; id < entries; id++) {
      for (let i = 0; i < dimensions; i++) vector[i] = random() - 0.5;
      own.add(id, "s", vector);
      exact.add(id, "s", vector);
      if (id % (entries / 100) === 0) asked.push(noisy(random, vector, 0.85));
    }
    let at = 0;
    const timed = async (index: VectorIndex, count: number) => {
      const begun = performance.now();
      for (let i = 0; i < count; i++) index.search("s", asked[at++ % asked.length]!, { k: 5, least: 0.5 });
      return (performance.now() - begun) / count;
    };
    await inRounds(2, { own: () => timed(own, lookups), exact: () => timed(exact, 1) });
    const took = await inRounds(rounds, { own: () => timed(own, lookups), exact: () => timed(exact, 2) });
    const hits = asked.filter((query, i) => own.search("s", query, { k: 1, least: 0.5 })[0]?.id === i * 1_000).length;

    return [
      row("vectors.lookup.100k", "ms", took.own, { name: "all compared", values: took.exact }),
      row("vectors.recall.100k", "share", [hits / asked.length], null, { of: "value", atLeast: 0.99 }),
      row("vectors.embed.short", "ms", of("shortMs")),
      row("vectors.embed.2000", "ms", of("longMs")),
      row("vectors.start", "ms", of("startMs")),
      row("vectors.start.block", "ms", of("startBlockMs"), { name: "idle", values: of("idleBlockMs") }),
      row("vectors.embed.block", "ms", of("blockMs"), { name: "idle", values: of("idleBlockMs") }),
      row("vectors.rss", "MB", of("rssAfterMb"), { name: "before", values: of("rssBeforeMb") }),
    ];
  },
};
