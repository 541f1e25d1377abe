import { parseArgs } from "node:util";
import { parseTime } from "../../io/ledger/day.ts";
import { type ReplayGrouping, type ReplayReport, replayGroupings } from "../../protocol/replay.ts";
import { replayInWords } from "./replay-words.ts";

/** What shall be compared. */
export interface ReplayAsk {
  /** A file: a configuration, or sections that are laid over the one in force. */
  readonly policy: string;
  /** A file of prices, for both sides. */
  readonly prices: string | null;
  /** Milliseconds since the epoch, half-open. */
  readonly range: { readonly from: number; readonly to: number };
  readonly limit: number;
  readonly by: ReplayGrouping | null;
}

export interface ReplayIo {
  readonly json: boolean;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Null: there is no ledger. */
  readonly replay: (ask: ReplayAsk) => Promise<ReplayReport | null>;
}

const usage =
  "usage: switchyard replay --policy FILE [--prices FILE] [--limit N] [--from TIME] [--to TIME] [--by task|model|client] [--json]\n" +
  '  The policy\'s FILE is a configuration, or the sections of one that shall differ. Prices, { "MODEL": { "input": 3, "output": 15 } }\n' +
  "  in US dollars per million tokens, hold for both sides. TIME is a date or a time (2026-11-21T10:00:00Z).";

const limits = { usual: 100_000, most: 10_000_000 };

/** `switchyard replay`: what the ledger's requests would have cost, and how good they would have been, under another policy. */
export async function replayCommand(args: readonly string[], io: ReplayIo): Promise<number> {
  let ask: ReplayAsk;
  try {
    ask = askOf(args);
  } catch (e) {
    if (!(e instanceof RangeError)) throw e;
    io.err(`replay: ${e.message}\n${usage}`);
    return 2;
  }
  const report = await io.replay(ask);
  if (report === null || report.traces.read === 0) {
    io.err(
      report === null
        ? "replay: there is no ledger in this data folder yet. Send requests through Switchyard, or say where it is with --data."
        : "replay: the ledger holds no request of this time. Say another --from or --to, or leave them out.",
    );
    return 1;
  }
  if (report.traces.replayed === 0) {
    io.err(`replay: ${noneOf(report)}`);
    return 1;
  }
  if (io.json) io.out(JSON.stringify({ policy: ask.policy, prices: ask.prices, ...report }));
  else for (const line of replayInWords(report, ask)) io.out(line);
  return 0;
}

/** Throws a RangeError that says what is wrong. */
function askOf(args: readonly string[]): ReplayAsk {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      policy: { type: "string" },
      prices: { type: "string" },
      limit: { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
      by: { type: "string" },
    },
  });
  if (positionals.length > 0) throw new RangeError(`unknown argument "${positionals[0]}".`);
  const { policy, prices = null, limit = String(limits.usual), from, to } = values;
  if (policy === undefined) throw new RangeError("say with --policy what the requests shall be decided by.");
  const by = values.by === undefined ? null : (replayGroupings.find((g) => g === values.by) ?? undefined);
  if (by === undefined) throw new RangeError(`--by takes ${replayGroupings.join(", ")}, not "${values.by}".`);
  const n = Number(limit);
  if (!Number.isInteger(n) || n < 1 || n > limits.most)
    throw new RangeError(`--limit takes a whole number from 1 to ${limits.most}, not "${limit}".`);
  const range = {
    from: from === undefined ? -Infinity : parseTime(from, "start"),
    to: to === undefined ? Infinity : parseTime(to, "end"),
  };
  return { policy, prices, range, limit: n, by };
}

/** Why there was nothing to compare. */
function noneOf({ traces: t }: ReplayReport): string {
  const { refused } = t;
  const why = refused.why.policy ?? refused.why.now;
  const reasons = [
    t.withoutFeatures > 0 ? `${t.withoutFeatures} were refused when they came, or recorded by an older version` : null,
    t.recalled > 0 ? `${t.recalled} were answered from memory` : null,
    why === null ? null : `${Math.max(refused.now, refused.policy)} would be refused (${why})`,
  ].filter((r) => r !== null);
  return `none of the ${t.read} requests can be decided again: ${reasons.join("; ")}.${why === null ? " Send new requests, or read more of them with --limit." : ""}`;
}
