import { join } from "node:path";
import type { Fact, Started } from "../../domain/fact.ts";
import type { Latency } from "../../domain/latency.ts";
import type { Clock } from "../../kit/clock.ts";
import { guarded, type Log } from "../../kit/log.ts";
import type { Config } from "../../protocol/config.ts";
import type { Meter, Stats } from "../../protocol/stats.ts";
import type { Trace, TraceAttempt } from "../../protocol/trace.ts";
import { Batches } from "../store/batches.ts";
import { type ArmRow, type ArmsQuery, readArms } from "./arms.ts";
import { Disk } from "./disk.ts";
import { Entry } from "./entry.ts";
import { Housekeeping } from "./housekeeping.ts";
import { LatencyWindow } from "./latency.ts";
import { Listeners } from "./listeners.ts";
import type { TraceFilter } from "./reader.ts";
import { type StatsQuery, sumUp } from "./sum-up.ts";
import { Today } from "./today.ts";

export interface TraceQuery extends TraceFilter {
  /** 1 to 1,000. */
  readonly limit: number;
  /** A `next` that an earlier answer gave. */
  readonly after?: string;
}

/** Facts in; traces, statistics and the meter out. */
export interface Ledger {
  /** Takes one fact. It is folded within a few milliseconds and written within 100 ms; this never waits for a disk. */
  append(fact: Fact): void;
  /** A request began, changed or ended. The trace is the one that is folded further: copy what you keep. */
  onTrace(listener: (trace: Trace) => void): Disposable;
  /** A request ended: told once of each, whatever is still learned of it. */
  onEnded(listener: (trace: Trace) => void): Disposable;
  /** An attempt of a request that had ended before is over too: a judge that nobody waited for. */
  onLate(listener: (trace: Trace, attempt: TraceAttempt) => void): Disposable;
  /** A person did something with an answer. */
  onFeedback(listener: (trace: Trace) => void): Disposable;
  /** The newest `limit` of the requests from `from` on (ms since the epoch) whose answers people did something with, the oldest first. */
  rewarded(from: number, limit: number): Trace[];
  /** Today's figures changed; at most four times a second. */
  onMeter(listener: (meter: Meter) => void): Disposable;
  /** Writes what waits, now. What it wrote survives the process. */
  flush(): void;
  /** Newest first, running ones included. */
  traces(query: TraceQuery): { traces: Trace[]; next: string | null };
  trace(id: string): Trace | null;
  /** Sums over the requests that began between `from` and `to` (see parseTime), grouped by model if not told otherwise. Rejects with a RangeError for a bad time. */
  stats(query: StatsQuery): Promise<Stats>;
  /** Gives `each` the ended requests of some experiment's arms, in the order in which they began. True: there were more than `most`. */
  armed(query: ArmsQuery, each: (arm: number, row: ArmRow) => void): Promise<boolean>;
  meter(): Meter;
  /** How many requests run. */
  running(): number;
  /** Time to first token by model id, in milliseconds, over its newest streamed attempts. */
  latency(): ReadonlyMap<string, Latency>;
  /** What keeps figures from being stored, as a sentence for a person; null when nothing does. */
  problem(): string | null;
  close(): void;
}

export interface LedgerOptions {
  readonly dataDir: string;
  readonly options: () => Config["ledger"];
  readonly clock: Clock;
  readonly log: Log;
}

export const openLedger = (o: LedgerOptions): Ledger => new StoredLedger(o);

/** `entries`: traces in memory; `late`: facts on ended requests that wait to be looked up. */
const limits = {
  entries: 20_000,
  late: 10_000,
  slice: 200,
  final: 200,
  page: 1_000,
  seed: 1_000,
};
/** Milliseconds from a fact to its fold, and from there to the disk: within 100 together. */
const delays = { takeIn: 5, write: 60 };

type Change = Exclude<Fact, Started>;

class StoredLedger implements Ledger {
  readonly #o: LedgerOptions;
  readonly #disk: Disk;
  /** Requests that run, and those that ended but aren't written yet. */
  readonly #entries = new Map<string, Entry>();
  #running = 0;
  readonly #batches: Batches<Entry>;
  readonly #listeners: Listeners;
  #inbox: Fact[] = [];
  #late: Change[] = [];
  #today: Today | null = null;
  /** The file's version when `today` was read from it. */
  #seenVersion = -1;
  #latency: LatencyWindow | null = null;
  #closed = false;
  readonly #housekeeping: Housekeeping;

  constructor(o: LedgerOptions) {
    this.#o = o;
    const { clock, log } = o;
    this.#disk = new Disk({ path: join(o.dataDir, "ledger.sqlite"), clock, log, replaced: () => this.#writeAnew() });
    this.#listeners = new Listeners(clock, log, () => this.meter());
    this.#batches = new Batches<Entry>({
      clock,
      write: (slice) => this.#write(slice),
      drop: (entries) => this.#drop(entries),
      state: (failure) => this.#disk.failing(failure),
      delayMs: delays.write,
      final: { is: (entry) => !entry.running, enough: limits.final },
      slice: limits.slice,
      limit: limits.entries,
    });
    this.#housekeeping = new Housekeeping({
      disk: this.#disk,
      clock,
      log,
      options: o.options,
      running: () => this.#running,
    });
  }

  append(fact: Fact): void {
    if (!this.#closed && this.#inbox.push(fact) === 1) this.#o.clock.after(delays.takeIn, this.#takeIn);
  }

  /** Facts are folded once the answer is on its way: not even that is on a request's. */
  readonly #takeIn = (): void => {
    const facts = this.#inbox;
    this.#inbox = [];
    for (const fact of facts) this.#take(fact);
    this.#listeners.tell();
  };

  #take(fact: Fact): void {
    if (fact.type === "started") this.#begin(fact);
    else {
      const entry = this.#entries.get(fact.id);
      if (entry) this.#apply(entry, fact);
      else this.#later(fact);
    }
  }

  onTrace(listener: (trace: Trace) => void): Disposable {
    return this.#listeners.onTrace(listener);
  }

  onEnded(listener: (trace: Trace) => void): Disposable {
    return this.#listeners.onEnded(listener);
  }

  onLate(listener: (trace: Trace, attempt: TraceAttempt) => void): Disposable {
    return this.#listeners.onLate(listener);
  }

  onFeedback(listener: (trace: Trace) => void): Disposable {
    return this.#listeners.onFeedback(listener);
  }

  rewarded(from: number, limit: number): Trace[] {
    this.flush();
    return this.#disk.read((r) => r.rewarded(from, limit)).map(({ trace }) => this.#freshest(trace));
  }

  onMeter(listener: (meter: Meter) => void): Disposable {
    return this.#listeners.onMeter(listener);
  }

  flush(): void {
    this.#takeIn();
    this.#lookUpLate();
    this.#batches.flush();
  }

  traces(query: TraceQuery): { traces: Trace[]; next: string | null } {
    this.flush();
    const limit = Math.max(1, Math.min(limits.page, Math.trunc(query.limit)));
    const unwritten = this.#unwritten(query);
    const cursor = query.after === undefined ? -1 : unwritten.findIndex((e) => e.id === query.after);
    const inMemory = query.after === undefined || cursor >= 0 ? unwritten.slice(cursor + 1, cursor + 2 + limit) : [];
    const onDisk = this.#disk.read((r) => r.page(query, cursor < 0 ? (query.after ?? null) : null, limit + 1));
    const all = [...inMemory.map((e) => copy(e.trace)), ...onDisk.map(({ trace }) => this.#freshest(trace))];
    const traces = all.slice(0, limit);
    return { traces, next: all.length > limit ? (traces.at(-1)?.id ?? null) : null };
  }

  trace(id: string): Trace | null {
    this.flush();
    const entry = this.#entries.get(id);
    return entry ? copy(entry.trace) : (this.#disk.read((r) => r.find(id))?.trace ?? null);
  }

  async stats(query: StatsQuery): Promise<Stats> {
    this.flush();
    return sumUp(this.#disk, this.#batches.waiting, query);
  }

  async armed(query: ArmsQuery, each: (arm: number, row: ArmRow) => void): Promise<boolean> {
    this.flush();
    return readArms((next) => this.#disk.read((r) => r.arms.next(next)), query, each);
  }

  meter(): Meter {
    this.#takeIn();
    this.#lookUpLate();
    const now = this.#o.clock.wall();
    if (!this.#today?.holds(now) || this.#disk.file.reader.version() !== this.#seenVersion) this.#readToday(now);
    return this.#today!.with(this.#runningEntries());
  }

  running(): number {
    this.#takeIn();
    return this.#running;
  }

  latency(): ReadonlyMap<string, Latency> {
    this.#takeIn();
    if (!this.#latency) {
      this.flush();
      this.#latency = new LatencyWindow();
      for (const { trace } of this.#disk.read((r) => r.page({}, null, limits.seed)).reverse()) this.#latency.add(trace);
    }
    return this.#latency.result();
  }

  problem(): string | null {
    return this.#disk.problem();
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#batches.close();
    this.#housekeeping.close();
    this.#listeners.close();
    this.#disk.close();
  }

  #begin(fact: Started): void {
    if (this.#entries.has(fact.id)) {
      this.#o.log("error", "a request began twice; the first holds", { request: fact.id });
      return;
    }
    const entry = Entry.of(fact);
    this.#entries.set(fact.id, entry);
    if (this.#running++ === 0) this.#housekeeping.beat();
    this.#queue(entry);
    this.#listeners.changed(entry);
  }

  #apply(entry: Entry, fact: Change): void {
    this.#fold(entry, fact);
    if (fact.type !== "first-token") this.#queue(entry); // that one is written with what follows it
    if (fact.type === "ended") this.#batches.ended();
    this.#listeners.changed(entry);
    if (fact.type === "feedback") this.#listeners.fed(entry.trace);
  }

  #fold(entry: Entry, fact: Change): void {
    const { at } = entry;
    const ended = !entry.running;
    if (ended) this.#today?.add(at, entry.status, entry.trace, -1);
    const open = ended && fact.type === "settled" && entry.trace.attempts[fact.attempt]?.outcome === null;
    const trace = entry.fold(fact);
    if (trace.status === "running") return;
    this.#today?.add(at, trace.status, trace);
    if (ended) {
      if (open) this.#listeners.late(trace, trace.attempts[fact.attempt]!);
      return;
    }
    this.#running--;
    this.#listeners.ended(entry);
    this.#latency?.add(trace);
  }

  #queue(entry: Entry): void {
    if (entry.queued) return;
    entry.queued = true;
    this.#batches.push(entry);
  }

  /** A fact on a request that isn't in memory: money or an answer's end that came late. Looked up soon, not here. */
  #later(fact: Change): void {
    if (this.#late.length >= limits.late) {
      this.#o.log("error", "too many late facts; one was dropped", { request: fact.id, fact: fact.type });
      return;
    }
    if (this.#late.push(fact) === 1) setImmediate(() => this.#lookUpLate());
  }

  #lookUpLate(): void {
    const facts = this.#late;
    this.#late = [];
    if (this.#closed) return;
    for (const fact of facts) {
      guarded(this.#o.log, "a late fact of the ledger", () => {
        let entry = this.#entries.get(fact.id);
        if (!entry) {
          const found = this.#disk.read((r) => r.find(fact.id));
          if (!found) {
            this.#o.log("warn", "a fact on an unknown request was dropped", { request: fact.id, fact: fact.type });
            return;
          }
          entry = new Entry(found.trace, found.at, found.n);
          this.#entries.set(fact.id, entry);
          if (entry.running) this.#running++;
        }
        this.#apply(entry, fact);
      });
    }
    this.#listeners.tell();
  }

  #write(slice: readonly Entry[]): void {
    this.#disk.write(slice);
    for (const e of slice) if (!e.running) this.#entries.delete(e.id);
  }

  /** An empty file has taken the place of a damaged one: what is in memory is all there is. */
  #writeAnew(): void {
    this.#today = null;
    for (const entry of this.#entries.values()) {
      entry.n = 0;
      this.#queueLater(entry);
    }
  }

  /** While a slice is being written nothing may be added to the queue. */
  #queueLater(entry: Entry): void {
    if (!entry.queued) setImmediate(() => this.#entries.has(entry.id) && this.#queue(entry));
  }

  #drop(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.queued = false;
      if (entry.running) continue; // it comes again when it ends
      this.#entries.delete(entry.id);
      this.#disk.lost();
    }
  }

  *#runningEntries(): Iterable<Entry> {
    if (this.#running === 0) return;
    for (const entry of this.#entries.values()) if (entry.running) yield entry;
  }

  #readToday(now: number): void {
    this.flush();
    const unwritten = this.#batches.waiting.map((e) => e.n); // only where writing fails
    const today = new Today(now, (day) => this.#disk.read((r) => r.money(day, this.#disk.file.owners.id, unwritten)));
    for (const e of this.#batches.waiting) if (!e.running) today.add(e.at, e.status, e.trace);
    this.#today = today;
    this.#seenVersion = this.#disk.file.reader.version();
  }

  /** Traces that never reached the disk, newest first: none, unless writing fails. */
  #unwritten(filter: TraceFilter): Entry[] {
    return this.#batches.waiting
      .filter((e) => {
        if (e.n !== 0) return false;
        const f = e.row.figures;
        return (["status", "model", "route"] as const).every((k) => filter[k] === undefined || filter[k] === f[k]);
      })
      .sort((a, b) => b.at - a.at);
  }

  #freshest(trace: Trace): Trace {
    const entry = this.#entries.get(trace.id);
    return entry ? copy(entry.trace) : trace;
  }
}

const copy = (trace: Trace): Trace => JSON.parse(JSON.stringify(trace)) as Trace;
