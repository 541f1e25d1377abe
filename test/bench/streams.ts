import { setTimeout as sleep } from "node:timers/promises";
import { cpuOf, machineCpu, rssOf } from "../support/memory.ts";
import { type Held as Gaps, hold, stretch } from "./hold.ts";
import { load } from "./load.ts";
import { type Bench, median, quantile, type Row, row } from "./row.ts";
import { type Contender, type Stage, shortChat, stage } from "./stage.ts";

const streams = 500;
/** Seconds that Switchyard holds them; `STREAMS_SECONDS` makes it short. */
const seconds = Number(process.env["STREAMS_SECONDS"] ?? 180);
/** Seconds of each baseline: both are taken before it and again after it. Meanwhile Switchyard rests. */
const around = seconds / 3;
/** Words of a stream, ten a second. */
const words = 200;
const megabyte = 1_000_000;

/** Others' bursts are no delay of ours: a stretch counts in which they used no more of the machine than this share. */
const quiet = 0.1;

interface Held extends Gaps {
  /** What others used of the machine in each stretch; null: not known. */
  readonly others: readonly (number | null)[];
  /** Cores that the process used that stood between. */
  readonly cores: number | null;
}

/** What many open streams cost each of them, and what they leave behind. */
export const streamsBench: Bench = {
  name: "streams",
  about: `${streams} streams at once of ten words a second, for ${seconds} s`,
  byName: true,
  run: async () => {
    await using s = await stage();
    await sleep(1_000);
    const fresh = s.daemon.rss();
    for (const who of ["floor", "switchyard"] as const) {
      await load(s.target(who, shortChat), 32, 1_000);
      await load(s.target(who, { ...shortChat, stream: true }), 32, 1_000);
    }

    const direct = [await run(s, "direct", around)];
    const floorIdle = rssOf(s.floor.pid);
    const floor = [await run(s, "floor", around)];
    const idle = s.daemon.rss();
    const peak = watch(s);
    const switchyard = await run(s, "switchyard", seconds);
    const during = peak();
    floor.push(await run(s, "floor", around));
    direct.push(await run(s, "direct", around));
    const after = s.daemon.rss();
    const floorAfter = rssOf(s.floor.pid);

    for (const h of [...direct, ...floor, switchyard]) for (const e of h.errors.slice(0, 5)) console.log(`  ${e}`);
    return [
      ...[0.5, 0.99, 0.999].flatMap((q) => gaps(q, direct, floor, switchyard)),
      row("streams.ended", "", [switchyard.streams]),
      row("streams.errors", "", [switchyard.errors.length], null, { of: "value", atMost: 0 }),
      ...(switchyard.cores === null
        ? []
        : [row("streams.cores", "", [switchyard.cores], { name: "floor", values: floor.map((f) => f.cores!) })]),
      row("streams.others", "share", disturbing([switchyard]), { name: "direct", values: disturbing(direct) }),
      row("streams.rss.idle", "MB", [idle / megabyte], { name: "fresh", values: [fresh / megabyte] }),
      row("streams.rss.during", "MB", [during / megabyte], { name: "idle", values: [idle / megabyte] }),
      row(
        "streams.rss.after",
        "MB",
        [after / megabyte],
        { name: "idle", values: [idle / megabyte] },
        { of: "ratio", atMost: 1.2 },
      ),
      row("streams.rss.after.floor", "MB", [floorAfter / megabyte], {
        name: "idle",
        values: [floorIdle / megabyte],
      }),
    ];
  },
};

/** What others used of the machine, stretch by stretch. */
const disturbing = (of: readonly Held[]): number[] => of.flatMap((h) => h.others.map((o) => o ?? 0));

/** The stretches in which the machine was ours; where there are few, the quietest quarter. */
function counted(of: readonly Held[]): Float64Array[] {
  const all = of.flatMap((h) => h.gaps.map((gaps, i) => ({ gaps, others: h.others[i] ?? 0 })));
  all.sort((a, b) => a.others - b.others);
  const own = all.filter((s) => s.others <= quiet).length;
  return all.slice(0, Math.max(own, Math.ceil(all.length / 4))).map((s) => s.gaps);
}

/** A figure of each quiet stretch, whose median counts; and, as `whole`, of all of it in one. */
function gaps(q: number, direct: readonly Held[], floor: readonly Held[], switchyard: Held): Row[] {
  const each = (of: readonly Held[]) => counted(of).map((g) => quantile([...g], q));
  const all = (of: readonly Held[]) => [
    quantile(
      of.flatMap((h) => h.gaps.flatMap((g) => [...g])),
      q,
    ),
  ];
  const [least, bare, ours] = [each(direct), each(floor), each([switchyard])];
  const base = { name: "direct", values: least };
  const name = `streams.gap.p${q * 100}`;
  const added = (of: readonly number[]) => [median(of) - median(least)];
  const aim = q === 0.99 ? ({ of: "value", atMost: 5 } as const) : undefined;
  return [
    row(name, "ms", ours, base),
    row(`${name}.floor`, "ms", bare, base),
    row(`${name}.whole`, "ms", all([switchyard]), { name: "direct", values: all(direct) }),
    row(`${name}.whole.floor`, "ms", all(floor), { name: "direct", values: all(direct) }),
    row(`${name}.added`, "ms", added(ours), { name: "floor", values: added(bare) }, aim),
  ];
}

async function run(s: Stage, who: Contender, forSeconds: number): Promise<Held> {
  const chunks = Math.min(words, forSeconds * 10);
  const target = s.target(who, { ...shortChat, stream: true, max_tokens: chunks }, "steady");
  const between = { direct: null, floor: s.floor.pid, switchyard: s.daemon.pid }[who];
  const ours = (): number =>
    [process.pid, s.upstream.pid, ...(between === null ? [] : [between])].reduce((n, pid) => n + (cpuOf(pid) ?? 0), 0);
  const others: (number | null)[] = [];
  let before = { machine: machineCpu(), ours: ours() };
  const timer = setInterval(() => {
    const now = { machine: machineCpu(), ours: ours() };
    if (now.machine === null || before.machine === null) others.push(null);
    else
      others.push(
        Math.max(0, now.machine.used - before.machine.used - (now.ours - before.ours)) /
          (now.machine.had - before.machine.had),
      );
    before = now;
  }, stretch * 1_000);
  const cpu = between === null ? null : cpuOf(between);
  const held = await hold(target, streams, forSeconds, chunks);
  clearInterval(timer);
  const cores = cpu === null ? null : (cpuOf(between!)! - cpu) / 1e6 / forSeconds;
  return { ...held, others, cores };
}

/** Looks each second how much memory the daemon has; gives the most. */
function watch({ daemon }: Stage): () => number {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, daemon.rss());
  }, 1_000);
  return () => {
    clearInterval(timer);
    return most;
  };
}
