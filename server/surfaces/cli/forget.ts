import { parseArgs } from "node:util";
import { parseTime } from "../../io/ledger/day.ts";
import type { ForgetBody } from "../../protocol/admin.ts";

export interface ForgetIo {
  readonly json: boolean;
  readonly now: number;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Returns how many answers went. */
  readonly forget: (which: ForgetBody) => Promise<number>;
}

const usage =
  "usage: switchyard forget [--since TIME] [--before TIME] [--workspace NAME] [--trace ID] [--all] [--json]\n" +
  "  TIME is a date, a time (2026-11-21T10:00:00Z), or so long ago (30m, 2h, 7d). What is said together must all hold.";

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `switchyard forget`: empties what is remembered of answers. Says what, or `--all`. */
export async function forgetCommand(args: readonly string[], io: ForgetIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      since: { type: "string" },
      before: { type: "string" },
      workspace: { type: "string" },
      trace: { type: "string" },
      all: { type: "boolean" },
    },
  });
  const { since, before, workspace, trace, all } = values;
  const said = [since, before, workspace, trace].some((v) => v !== undefined);
  if (positionals.length > 0 || said === (all === true)) {
    io.err(said && all ? `forget: --all stands alone. ${usage}` : `forget: say what to forget. ${usage}`);
    return 2;
  }
  let which: ForgetBody;
  try {
    which = {
      ...(since === undefined ? {} : { since: timeOf(since, io.now) }),
      ...(before === undefined ? {} : { before: timeOf(before, io.now) }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(trace === undefined ? {} : { trace }),
      ...(all ? { all: true } : {}),
    };
  } catch (e) {
    if (!(e instanceof RangeError)) throw e;
    io.err(`forget: ${e.message} Or say how long ago: 30m, 2h, 7d.`);
    return 2;
  }
  const answers = await io.forget(which);
  io.out(
    io.json ? JSON.stringify({ answers }) : `${answers} remembered ${answers === 1 ? "answer" : "answers"} forgotten`,
  );
  return 0;
}

/** As an ISO time. Throws a RangeError for what is none. */
function timeOf(text: string, now: number): string {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  const ms = ago ? now - Number(ago[1]) * units[ago[2] as keyof typeof units] : parseTime(text, "start");
  return new Date(ms).toISOString();
}
