import type { Disk } from "./disk.ts";
import type { ArmRow } from "./reader.ts";

export interface ArmsQuery {
  /** As in the column: `experiment/arm`. */
  readonly arms: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Whether conversations are read too: they are in no column. */
  readonly sessions: boolean;
  /** Requests that are read at most, the oldest. */
  readonly most: number;
}

/** Rows of one arm at once: what the event loop is held up for. */
const slice = 500;

/** The next rows of one arm. */
interface Lane {
  readonly arm: number;
  rows: readonly ArmRow[];
  at: number;
  over: boolean;
}

/**
 * Ended requests of several arms, in the order in which they began; others run in between. Answers from memory are left out: no
 * model was chosen for them. True: there were more than `most`.
 */
export async function readArms(
  disk: Disk,
  { arms, from, sessions, most }: ArmsQuery,
  each: (arm: number, row: ArmRow) => void,
): Promise<boolean> {
  const fill = async (lane: Lane): Promise<void> => {
    const last = lane.rows.at(-1) ?? null;
    lane.rows = disk.read((r) => r.ofArm({ arm: arms[lane.arm]!, from, sessions }, last, slice));
    lane.at = 0;
    lane.over = lane.rows.length < slice;
    await new Promise(setImmediate);
  };
  const lanes: Lane[] = arms.map((_, arm) => ({ arm, rows: [], at: 0, over: false }));
  for (const lane of lanes) await fill(lane);
  for (let n = 0; ; n++) {
    let first: Lane | null = null;
    for (const lane of lanes) {
      if (lane.at === lane.rows.length && !lane.over) await fill(lane);
      if (lane.at < lane.rows.length && (first === null || before(lane, first))) first = lane;
    }
    if (first === null) return false;
    if (n === most) return true;
    each(first.arm, first.rows[first.at++]!);
  }
}

function before(a: Lane, b: Lane): boolean {
  const [x, y] = [a.rows[a.at]!, b.rows[b.at]!];
  return x.at < y.at || (x.at === y.at && x.n < y.n);
}
