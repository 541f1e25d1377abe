import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Figures } from "./figures.ts";
import { sessionPlace } from "./packed.ts";

/** What an experiment reads of one request. */
export type ArmRow = Pick<Figures, "at" | "client" | "workspace" | "status" | "ttft" | "cost" | "reward"> & {
  readonly n: number;
  readonly session: string | null;
};

/** Which rows of one arm: those of a time on, behind the row `after`. */
interface Next {
  readonly arm: string;
  readonly from: number;
  readonly sessions: boolean;
  readonly after: Pick<ArmRow, "n" | "at"> | null;
  readonly limit: number;
}

/** Reads an arm's requests; its statements are prepared when the first is asked for. */
export class ArmReader {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<boolean, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Ended requests of one arm, in the order in which they began. */
  next({ arm, from, sessions, after, limit }: Next): ArmRow[] {
    let statement = this.#prepared.get(sessions);
    if (!statement) {
      const session = sessions ? `rest ->> '$[${sessionPlace}]'` : "NULL";
      statement = this.#db.prepare(
        `SELECT n, at, client, workspace, ${session} AS session, status, ttft, cost, reward FROM trace
         WHERE arm = ? AND (at, n) > (?, ?) AND status IN ('ok', 'error', 'cancelled')
           AND cache NOT IN ('exact', 'semantic', 'joined') ORDER BY at, n LIMIT ?`,
      );
      this.#prepared.set(sessions, statement);
    }
    // SAFETY: columns of a STRICT table, by name.
    return statement.all(arm, after?.at ?? from, after?.n ?? -1, limit) as unknown as ArmRow[];
  }
}

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
  read: (next: Next) => ArmRow[],
  { arms, from, sessions, most }: ArmsQuery,
  each: (arm: number, row: ArmRow) => void,
): Promise<boolean> {
  const fill = async (lane: Lane): Promise<void> => {
    const after = lane.rows.at(-1) ?? null;
    lane.rows = read({ arm: arms[lane.arm]!, from, sessions, after, limit: slice });
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
