import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Large enough that requests die young, small enough that the process stays small. */
const wantedBytes = 8_000_000;
/** Checks every so many requests while it is too small, and then only to see whether idleness has shrunk it. */
const every = { growing: 8, grown: 1024 };

/**
 * Holds V8's young generation at some megabytes. It begins with one, which a dozen requests fill: a fifth of the time goes
 * to collecting, and what waits for the ledger's next batch is promoted. Left alone, it grows to 32 under load.
 * `--semi-space-growth-factor` is the one flag of it that V8 obeys after its start. Called at each request.
 */
export function youngGeneration(): () => void {
  let left = every.growing;
  return () => {
    if (--left > 0) return;
    const size = getHeapSpaceStatistics().find((s) => s.space_name === "new_space")?.space_size ?? 0;
    const growing = size < wantedBytes;
    left = growing ? every.growing : every.grown;
    setFlagsFromString(`--semi-space-growth-factor=${growing ? 2 : 1}`);
  };
}
