export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of log: what happened, and facts about it. Never a key, never the text of a prompt. */
export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "pretty" | "json";
}

/** Writes to stderr, so that stdout stays what a program reads. `options` is asked at each line: a reload takes effect at once. */
export function createLog(options: () => LogOptions, write = (line: string) => void process.stderr.write(line)): Log {
  return (level, message, facts) => {
    const { level: least, format } = options();
    if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
    const at = new Date().toISOString();
    if (format === "json") write(`${JSON.stringify({ at, level, message, ...facts })}\n`);
    else {
      const tail = facts
        ? ` ${Object.entries(facts)
            .map(([k, v]) => `${k}=${typeof v === "string" ? v : JSON.stringify(v)}`)
            .join(" ")}`
        : "";
      write(`${at} ${level.padEnd(5)} ${message}${tail}\n`);
    }
  };
}

/** The message of whatever was thrown. */
export const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** Runs what must not take its caller down with it: what it throws is logged. */
export function guarded<A extends unknown[]>(log: Log, what: string, f: (...args: A) => void, ...args: A): void {
  try {
    f(...args);
  } catch (e) {
    log("warn", `${what} failed`, { why: messageOf(e) });
  }
}
