import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startDaemon } from "../support/daemon.ts";
import { load, type Target, type Took } from "./load.ts";
import { type Bench, inRounds, median, quantile, row } from "./row.ts";
import { configFor, script, shortChat } from "./stage.ts";
import { vectors } from "./vectors.ts";

const rounds = 15;
const requests = 600;
const child = join(import.meta.dirname, "../support/cache-child.ts");

/** What memory costs and gives: a hit, a miss on a request's way, what is remembered, and the vectors of questions. */
export const cache: Bench = {
  name: "cache",
  about: "a remembered answer over HTTP, a miss against no memory, 100,000 answers, and what comparing questions takes",
  run: async () => {
    await using upstream = await script("upstream.ts");
    const config = configFor(upstream.port);
    await using off = await startDaemon({ config });
    await using on = await startDaemon({ config: { ...config, cache: { exact: {} } } });
    const body = { ...shortChat, temperature: 0 };
    const at = (daemon: typeof on, more: object): Target => ({
      port: Number(new URL(daemon.http).port),
      path: "/v1/chat/completions",
      token: daemon.token,
      body: JSON.stringify({ model: "small", ...body, ...more }),
    });
    const direct = (more: object): Target => ({
      port: upstream.port,
      path: "/v1/chat/completions",
      token: "none",
      body: JSON.stringify({ model: "bench-model", ...body, ...more }),
    });
    /** Each request is another one. */
    let seed = 0;
    const fresh = (daemon: typeof on): Target => ({ ...at(daemon, {}), vary: () => at(daemon, { seed: ++seed }).body });

    const took = await (async () => {
      const contenders = {
        direct: () => load(direct({}), 1, requests),
        directStream: () => load(direct({ stream: true }), 1, requests),
        hit: () => load(at(on, {}), 1, requests),
        hitStream: () => load(at(on, { stream: true }), 1, requests),
        miss: () => load(fresh(on), 1, requests),
        off: () => load(fresh(off), 1, requests),
      };
      await inRounds(3, contenders); // warms the code up
      return inRounds(rounds, contenders);
    })();
    const p50 = (of: readonly Took[]) => of.map((t) => quantile([...t.totalMs], 0.5));
    const p95 = (of: readonly Took[]) => of.map((t) => quantile([...t.totalMs], 0.95));
    const kept = JSON.parse(
      execFileSync(process.execPath, ["--expose-gc", "--no-warnings", child], { encoding: "utf8" }),
    ) as {
      readonly entries: number;
      readonly bytes: number;
      readonly counted: number;
      readonly findUs: number;
    };
    const megabyte = 1_000_000;
    return [
      row(
        "cache.hit.json.p50",
        "ms",
        p50(took.hit),
        { name: "direct", values: p50(took.direct) },
        { of: "value", atMost: 0.3 },
      ),
      row("cache.hit.json.p95", "ms", p95(took.hit), { name: "direct", values: p95(took.direct) }),
      row(
        "cache.hit.stream.p50",
        "ms",
        p50(took.hitStream),
        { name: "direct", values: p50(took.directStream) },
        { of: "value", atMost: 0.3 },
      ),
      row("cache.miss.p50", "ms", p50(took.miss), { name: "no cache", values: p50(took.off) }),
      row("cache.miss.added", "ms", [median(p50(took.miss)) - median(p50(took.off))]),
      row(`cache.memory.${kept.entries}`, "MB", [kept.bytes / megabyte], {
        name: "counted",
        values: [kept.counted / megabyte],
      }),
      row("cache.find", "µs", [kept.findUs]),
      ...(await vectors.run()),
    ];
  },
};
