import { cpuOf } from "../support/memory.ts";
import { load, type Took } from "./load.ts";
import { type Bench, inRounds, quantile, type Row, row } from "./row.ts";
import { contenders, type Stage, shortChat, stage } from "./stage.ts";

const rounds = 15;
const requests = { 1: 600, 32: 3_000 } as const;

/** What Switchyard adds to calling the same upstream directly, and against what a bare forwarder adds. */
export const overhead: Bench = {
  name: "overhead",
  about: "added time and requests a second, against the floor",
  run: async () => {
    await using s = await stage();
    const rows: Row[] = [];
    for (const kind of ["json", "stream"] as const) {
      for (const connections of [1, 32] as const) rows.push(...(await measure(s, kind, connections)));
    }
    return rows;
  },
};

async function measure(s: Stage, kind: "json" | "stream", connections: 1 | 32): Promise<Row[]> {
  const body = { ...shortChat, ...(kind === "stream" ? { stream: true } : {}) };
  const run = (who: (typeof contenders)[number], count: number) => load(s.target(who, body), connections, count);
  for (const who of contenders) await run(who, 1_500); // warms the code up
  const count = requests[connections];
  /** The load, and the microseconds of processor time a request that the process before the upstream used. */
  const measured = async (who: "floor" | "switchyard") => {
    const pid = who === "floor" ? s.floor.pid : s.daemon.pid;
    const before = cpuOf(pid) ?? 0;
    const load = await run(who, count);
    return { ...load, cpu: ((cpuOf(pid) ?? 0) - before) / count };
  };
  const took = await inRounds<"direct" | "floor" | "switchyard", Took & { cpu?: number }>(rounds, {
    direct: () => run("direct", count),
    floor: () => measured("floor"),
    switchyard: () => measured("switchyard"),
  });

  const at = (t: Took, q: number) => quantile([...t.totalMs], q);
  const added = (of: readonly Took[], q: number) => of.map((t, i) => at(t, q) - at(took.direct[i]!, q));
  const name = `overhead.${kind}.${connections}`;
  const cpu = (of: readonly { cpu?: number }[]) => of.map((t) => t.cpu ?? 0);
  const perSecond = (of: readonly Took[]) => of.map((t) => t.perSecond);
  const direct = { name: "direct", values: took.direct.map((t) => at(t, 0.5)) };
  return [
    row(
      `${name}.p50`,
      "ms",
      took.switchyard.map((t) => at(t, 0.5)),
      direct,
    ),
    ...([0.5, 0.95] as const).map((q) =>
      row(
        `${name}.added.p${q * 100}`,
        "ms",
        added(took.switchyard, q),
        { name: "floor", values: added(took.floor, q) },
        q === 0.5 && connections === 1 ? { of: "ratio", atMost: 1.8 } : undefined,
      ),
    ),
    row(
      `${name}.rps`,
      "1/s",
      perSecond(took.switchyard),
      { name: "floor", values: perSecond(took.floor) },
      connections === 32 ? { of: "ratio", atLeast: 0.55 } : undefined,
    ),
    // Less swayed than time by what else the machine does; a clock of 10 ms is too coarse for one connection's rounds.
    ...(connections === 32 && cpuOf(process.pid) !== null
      ? [row(`${name}.cpu`, "µs", cpu(took.switchyard), { name: "floor", values: cpu(took.floor) })]
      : []),
  ];
}
