import type { Past } from "../io/ledger/past.ts";
import type { TimeRange } from "../io/ledger/reader.ts";
import type { ReplayGrouping, ReplayReport } from "../protocol/replay.ts";
import type { Trace } from "../protocol/trace.ts";
import { restored } from "./restore.ts";
import type { Side } from "./side.ts";
import { Tally } from "./tally.ts";

export interface Replay {
  readonly past: Pick<Past, "traces">;
  readonly range: TimeRange;
  /** The newest of the range that are looked at. */
  readonly limit: number;
  readonly now: Side;
  readonly policy: Side;
  readonly by: ReplayGrouping | null;
}

/**
 * Has the ledger's requests decided again, by the configuration in force and by another, and compares what both would cost,
 * how long they would keep people waiting, and how good their answers are expected to be. In memory is a slice of the
 * requests, and a few numbers of each while there are few of them.
 */
export function replay({ past, range, limit, now, policy, by }: Replay): ReplayReport {
  const tally = new Tally(now, policy, by);
  const refused = { now: 0, policy: 0 };
  const why: { now: string | null; policy: string | null } = { now: null, policy: null };
  let [read, withoutFeatures, recalled] = [0, 0, 0];
  let [oldest, newest]: (string | null)[] = [null, null];

  const one = (trace: Trace): void => {
    const f = restored(trace);
    if (trace.recalled !== null) recalled++;
    else if (f === null) withoutFeatures++;
    else {
      const a = now.choose(f, trace);
      const b = policy.choose(f, trace);
      if (typeof a !== "string" && typeof b !== "string") return tally.add(trace, f, a, b);
      if (typeof a === "string") {
        refused.now++;
        why.now ??= a;
      }
      if (typeof b === "string") {
        refused.policy++;
        why.policy ??= b;
      }
    }
  };

  for (const traces of past.traces(range, limit)) {
    read += traces.length;
    oldest ??= traces[0]?.startedAt ?? null;
    newest = traces.at(-1)?.startedAt ?? newest ?? null;
    traces.forEach(one);
  }
  const { traces, ...figures } = tally.report();
  return {
    from: oldest ?? null,
    to: newest ?? null,
    traces: { read, withoutFeatures, recalled, refused: { ...refused, why }, ...traces },
    ...figures,
  };
}
