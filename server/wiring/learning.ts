import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { mainAttempt } from "../domain/trace.ts";
import type { Ledger } from "../io/ledger/ledger.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { guarded, type Log } from "../kit/log.ts";
import { Learned } from "../logic/routing/learned.ts";
import { expectedQuality } from "../logic/routing/policy.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import type { Observation } from "../logic/routing/sums.ts";
import type { LearnedReport } from "../protocol/learned.ts";
import type { Signal, Trace } from "../protocol/trace.ts";

/** Judged answers that are learned from: the newest. */
const most = 5_000;
/** Milliseconds after which what is in the ledger is read: being ready doesn't wait for it. */
const firstMs = 100;
/** Milliseconds in which further feedback is waited for before plans are made anew. */
const settleMs = 200;

export interface LearningDeps {
  readonly dataDir: string;
  readonly ledger: Pick<Ledger, "append" | "trace" | "rewarded" | "onFeedback">;
  readonly clock: Clock;
  readonly log: Log;
  readonly enabled: () => boolean;
  readonly snapshot: () => Snapshot;
  /** Something was learned, or forgotten. */
  readonly changed: () => void;
}

const markSchema = z.object({ since: z.string() });

/**
 * What people did with answers, joined to the traces, and what is learned from it. The ledger holds all of it; here is only
 * what was read back, and the time from which on it counts.
 */
export class Learning {
  readonly #o: LearningDeps;
  readonly #mark: string;
  readonly #listening: Disposable;
  /** By trace, the oldest first; null: not read yet. */
  #seen: Map<string, Observation> | null = null;
  #learned: Learned | null = null;
  #since: string | null;
  #timer: Timer | null = null;

  constructor(o: LearningDeps) {
    this.#o = o;
    this.#mark = join(o.dataDir, "learned.json");
    this.#since = this.#readMark();
    this.#listening = o.ledger.onFeedback((trace) => this.#take(trace));
    this.#soon(firstMs);
  }

  /** False: there is no such trace. */
  feedback(trace: string, signal: Signal): boolean {
    if (this.#o.ledger.trace(trace) === null) return false;
    this.#o.ledger.append({ type: "feedback", id: trace, signal, atMs: this.#o.clock.wall() });
    return true;
  }

  /** For decisions; null: off, or not read yet. */
  get learned(): Learned | null {
    return this.#o.enabled() && this.#seen !== null ? this.#now() : null;
  }

  report(): LearnedReport {
    return { enabled: this.#o.enabled(), since: this.#since, rows: [...this.#now().rows] };
  }

  /** What was done until now counts no more. The traces keep it. */
  reset(): void {
    const { clock, log, changed } = this.#o;
    this.#since = new Date(clock.wall()).toISOString();
    this.#seen = new Map();
    this.#learned = null;
    guarded(log, `writing ${this.#mark}`, () => {
      writeFileSync(`${this.#mark}.new`, `${JSON.stringify({ since: this.#since })}\n`, { mode: 0o600 });
      renameSync(`${this.#mark}.new`, this.#mark);
    });
    changed();
  }

  close(): void {
    this.#timer?.cancel();
    this.#listening[Symbol.dispose]();
  }

  #now(): Learned {
    this.#learned ??= Learned.of(this.#observations().values());
    return this.#learned;
  }

  #observations(): Map<string, Observation> {
    if (this.#seen) return this.#seen;
    this.#seen = new Map();
    const from = this.#since === null ? 0 : Date.parse(this.#since);
    for (const trace of this.#o.ledger.rewarded(from, most)) this.#observe(trace);
    return this.#seen;
  }

  #take(trace: Trace): void {
    this.#observe(trace);
    this.#learned = null;
    this.#soon(settleMs);
  }

  #soon(ms: number): void {
    this.#timer ??= this.#o.clock.after(ms, () => {
      this.#timer = null;
      this.#observations();
      this.#o.changed();
    });
  }

  /** An answer counts once: as what was last made of it. */
  #observe(trace: Trace): void {
    const seen = this.#observations();
    const { decision, features, feedback } = trace;
    const model = mainAttempt(trace)?.model;
    if (!decision || !features || !feedback || model === undefined) return; // of what came from memory nobody learns
    if (this.#since !== null && trace.startedAt < this.#since) return;
    const standing = this.#o.snapshot().standing.get(model);
    if (standing === undefined) return; // it isn't configured any more
    const expected = expectedQuality(features, standing);
    seen.set(trace.id, { task: decision.task, model, expected, reward: feedback.reward });
    if (seen.size > most) seen.delete(seen.keys().next().value!);
  }

  #readMark(): string | null {
    try {
      return markSchema.parse(JSON.parse(readFileSync(this.#mark, "utf8"))).since;
    } catch {
      return null; // never reset, or it can't be read: then everything counts
    }
  }
}
