import { setTimeout as sleep } from "node:timers/promises";
import { startDaemon } from "../support/daemon.ts";
import { rssOf } from "../support/memory.ts";
import { load } from "./load.ts";
import { type Bench, inRounds, type Row, row } from "./row.ts";
import { configFor, script, shortChat, stage } from "./stage.ts";

const rounds = 7;
const megabyte = 1_000_000;

/** How soon the daemon is ready and how much memory it holds, at rest and after 10,000 requests. */
export const start: Bench = {
  name: "start",
  about: "time to the ready line; resident memory idle and after 10,000 requests",
  run: async () => {
    const rows: Row[] = [];
    {
      await using upstream = await script("upstream.ts");
      const took = await inRounds(rounds, {
        floor: async () => {
          await using floor = await script("floor.ts", [`http://127.0.0.1:${upstream.port}`, "t"]);
          return floor.startMs;
        },
        switchyard: async () => {
          await using daemon = await startDaemon({ config: configFor(upstream.port) });
          return daemon.startMs;
        },
      });
      const aim = { of: "value", atMost: 300 } as const;
      rows.push(row("start.ready", "ms", took.switchyard, { name: "floor", values: took.floor }, aim));
    }
    const memory = await inRounds(3, { both: held });
    const of = (key: keyof Awaited<ReturnType<typeof held>>) => memory.both.map((m) => m[key] / megabyte);
    const idle = { name: "floor", values: of("floorIdle") };
    const loaded = { name: "floor", values: of("floorLoaded") };
    rows.push(
      row("start.rss.idle", "MB", of("idle"), idle, { of: "value", atMost: 100 }),
      row("start.rss.after-10000", "MB", of("loaded"), loaded, { of: "value", atMost: 130 }),
    );
    return rows;
  },
};

/** Resident memory of a fresh daemon and a fresh floor: a second after start, and after 10,000 requests. */
async function held() {
  await using s = await stage();
  await sleep(1_000);
  const idle = s.daemon.rss();
  const floorIdle = rssOf(s.floor.pid);
  const work = async (who: "floor" | "switchyard") => {
    await load(s.target(who, shortChat), 32, 5_000);
    await load(s.target(who, { ...shortChat, stream: true }), 32, 5_000);
  };
  await work("floor");
  await work("switchyard");
  return { idle, floorIdle, loaded: s.daemon.rss(), floorLoaded: rssOf(s.floor.pid) };
}
