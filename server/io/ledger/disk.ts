import type { Clock, Timer } from "../../kit/clock.ts";
import { guarded, type Log, messageOf } from "../../kit/log.ts";
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

/** The ledger's file in use: written, read, replaced where it is damaged, and its trouble in words. */
export class Disk {
  readonly #o: DiskOptions;
  #file: LedgerFile;
  #failure: string | null = null;
  #lost = 0;
  #quiet: Timer | null = null;

  constructor(o: DiskOptions) {
    this.#o = o;
    this.#file = LedgerFile.open(o.path, o.clock.wall(), o.log);
  }

  get file(): LedgerFile {
    return this.#file;
  }

  /** All of them or, throwing, none; but what is itself unwritable is dropped, so that it doesn't hold up the others. */
  write(entries: readonly Entry[]): void {
    try {
      this.#file.writer.write(entries);
    } catch (e) {
      const fault = storeFault(e);
      if (fault === "corrupt") this.#replace(e);
      else if (fault !== "other") throw e;
      for (const entry of entries) this.#writeOne(entry);
    }
    if (this.#file.onDisk) this.#whenQuiet();
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
      this.#replace(e);
      return f(this.#file.reader);
    }
  }

  /** Writing began to fail (the reason), or works again (null). */
  failing(failure: unknown): void {
    const before = this.#failure;
    if (failure === null) {
      this.#failure = null;
      this.#o.log("info", "the ledger is written again", this.#lost > 0 ? { lost: this.#lost } : {});
      return;
    }
    this.#failure = `${this.#o.path} ${remedy(storeFault(failure))}.`;
    if (this.#failure !== before) this.#o.log("error", this.#failure, { why: messageOf(failure) });
  }

  /** A request could not be kept. */
  lost(): void {
    this.#lost++;
  }

  /** What keeps figures from being stored, as a sentence for a person; null when nothing does. */
  problem(): string | null {
    if (this.#failure === null) return this.#file.notice;
    const lost = this.#lost > 0 ? ` ${this.#lost} requests could not be kept.` : "";
    return `${this.#failure} Until then figures are kept in memory.${lost}`;
  }

  close(): void {
    this.#quiet?.cancel();
    guarded(this.#o.log, "closing the ledger", () => this.#file.close());
  }

  #replace(cause: unknown): void {
    this.#file = this.#file.replace(this.#o.path, messageOf(cause), this.#o.clock.wall(), this.#o.log);
    this.#o.replaced();
  }

  #whenQuiet(): void {
    if (this.#quiet) this.#quiet.restart();
    else
      this.#quiet = this.#o.clock.after(quietMs, () =>
        guarded(this.#o.log, "the ledger's checkpoint", () => this.#file.checkpoint()),
      );
  }
}
