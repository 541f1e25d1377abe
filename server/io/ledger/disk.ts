import type { Clock, Timer } from "../../kit/clock.ts";
import { guarded, type Log, messageOf } from "../../kit/log.ts";
import { moveAside, patience } from "../store/database.ts";
import { remedy, storeFault } from "../store/fault.ts";
import type { Entry } from "./entry.ts";
import { LedgerFile } from "./file.ts";
import type { Reader } from "./reader.ts";

/** Milliseconds without a write after which the write-ahead log is moved into the file. */
const quietMs = 1_000;

export interface DiskOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The file was damaged, and an empty one has taken its place. */
  readonly replaced: () => void;
}

/**
 * The ledger's file in use: written, read, replaced where it is damaged, and its trouble in words. While no file can be
 * opened, each write tries to: what is to be written waits, as it does while writing fails, and what is read is empty.
 */
export class Disk {
  readonly #o: DiskOptions;
  #file: LedgerFile;
  #failure: string | null = null;
  #lost = 0;
  #quiet: Timer | null = null;

  constructor(o: DiskOptions) {
    this.#o = o;
    try {
      this.#file = LedgerFile.open(o.path, o.clock.wall(), o.log, patience.start);
    } catch (e) {
      this.#file = LedgerFile.inMemory(o.path, o.clock.wall());
      this.failing(e);
    }
  }

  get file(): LedgerFile {
    return this.#file;
  }

  /** All of them or, throwing, none; but what is itself unwritable is dropped, so that it doesn't hold up the others. */
  write(entries: readonly Entry[]): void {
    this.#reach();
    try {
      this.#file.writer.write(entries);
    } catch (e) {
      const fault = storeFault(e);
      if (fault === "corrupt") this.#replace(e);
      else if (fault !== "other") throw e;
      for (const entry of entries) this.#writeOne(entry);
    }
    this.failing(null);
    this.#whenQuiet();
  }

  /** Looks whether there can be a file by now, where there was none. */
  retry(): void {
    if (this.#file.onDisk) return;
    try {
      this.#reach();
      this.failing(null);
    } catch (e) {
      this.failing(e);
    }
  }

  #writeOne(entry: Entry): void {
    try {
      this.#file.writer.write([entry]);
    } catch (e) {
      if (storeFault(e) !== "other") throw e;
      entry.queued = false;
      this.#o.log("error", "a trace can't be written and was dropped", { request: entry.id, why: messageOf(e) });
    }
  }

  /** Reads from the file; where it turns out to be damaged, from the new one that takes its place. */
  read<T>(f: (reader: Reader) => T): T {
    try {
      return f(this.#file.reader);
    } catch (e) {
      if (storeFault(e) !== "corrupt") throw e;
      try {
        this.#replace(e);
      } catch (why) {
        this.failing(why);
      }
      return f(this.#file.reader);
    }
  }

  /** Writing began to fail (the reason), or works again (null). */
  failing(failure: unknown): void {
    const before = this.#failure;
    if (failure === null) {
      this.#failure = null;
      if (before !== null)
        this.#o.log("info", "the ledger is written again", this.#lost > 0 ? { lost: this.#lost } : {});
      return;
    }
    this.#failure = `${this.#o.path} ${remedy(storeFault(failure))}. Until then nothing more is recorded: figures are kept in memory.`;
    if (this.#failure !== before) this.#o.log("error", this.#failure, { why: messageOf(failure) });
  }

  /** A request could not be kept. */
  lost(): void {
    this.#lost++;
  }

  /** What keeps figures from being stored, as a sentence for a person; null when nothing does. */
  problem(): string | null {
    if (this.#failure === null) return this.#file.notice;
    return this.#lost > 0 ? `${this.#failure} ${this.#lost} requests could not be kept.` : this.#failure;
  }

  close(): void {
    this.#quiet?.cancel();
    if (this.#failure !== null && this.#lost > 0)
      this.#o.log("error", "the ledger ends without requests that could not be written", { lost: this.#lost });
    guarded(this.#o.log, "closing the ledger", () => this.#file.close());
  }

  /** Throws while there is no file in its place; what could be read until now can still be read then. */
  #reach(): void {
    const old = this.#file;
    if (old.inPlace) return;
    old.owners.forget(); // its number may be the next one's too
    const { path, clock, log } = this.#o;
    this.#file = LedgerFile.open(path, clock.wall(), log);
    if (old.onDisk) log("warn", `${path} was removed, and a new one was begun`);
    guarded(log, "closing the ledger", () => old.abandon());
    this.#o.replaced();
  }

  /** Gives up a damaged file and begins a new one. */
  #replace(cause: unknown): void {
    const { path, clock, log } = this.#o;
    this.#file.abandon();
    this.#file = LedgerFile.inMemory(path, clock.wall());
    this.#o.replaced();
    const notice = moveAside(path, messageOf(cause));
    log("error", notice);
    this.#file = LedgerFile.open(path, clock.wall(), log);
    this.#file.notice ??= notice;
  }

  #whenQuiet(): void {
    if (this.#quiet) this.#quiet.restart();
    else
      this.#quiet = this.#o.clock.after(quietMs, () =>
        guarded(this.#o.log, "the ledger's checkpoint", () => this.#file.checkpoint()),
      );
  }
}
