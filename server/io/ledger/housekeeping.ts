import type { Clock, Timer } from "../../kit/clock.ts";
import { guarded, type Log } from "../../kit/log.ts";
import type { Config } from "../../protocol/config.ts";
import type { Disk } from "./disk.ts";
import { heartbeatMs } from "./owners.ts";

/** Milliseconds to the first round, between rounds, between them while there is no file, and between slices of what is pruned. */
const delays = { first: 2_000, rounds: 60_000, noFile: 5_000, nextSlice: 20 };

export interface HousekeepingOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: () => Config["ledger"];
  readonly running: () => number;
}

/** What the ledger does now and then: it prunes what is too old or too much, notices dead owners, and says that it lives. */
export class Housekeeping {
  readonly #o: HousekeepingOptions;
  #heart: Timer | null = null;
  #next: Timer;

  constructor(o: HousekeepingOptions) {
    this.#o = o;
    this.#next = o.clock.after(delays.first, () => this.#round());
  }

  /** Requests run: as long as they do, others must be told that this process lives. */
  beat(): void {
    const { clock, log, disk, running } = this.#o;
    this.#heart ??= clock.after(heartbeatMs, () => {
      this.#heart = null;
      if (running() === 0) return;
      guarded(log, "the ledger's heartbeat", () => disk.file.owners.touch(clock.wall()));
      this.beat();
    });
  }

  close(): void {
    this.#heart?.cancel();
    this.#next.cancel();
  }

  #round(): void {
    const { clock, log, disk, options } = this.#o;
    let again: number = delays.rounds;
    guarded(log, "the ledger's housekeeping", () => {
      const now = clock.wall();
      disk.retry();
      if (!disk.file.onDisk) {
        again = delays.noFile;
        return;
      }
      disk.file.owners.reap(now);
      const { keepDays, maxTraces } = options();
      if (disk.file.prune(now - keepDays * 86_400_000, maxTraces) > 0) again = delays.nextSlice;
    });
    this.#next = clock.after(again, () => this.#round());
  }
}
