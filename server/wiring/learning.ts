import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { mainAttempt } from "../domain/trace.ts";
import type { Ledger } from "../io/ledger/ledger.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { guarded, type Log, messageOf } from "../kit/log.ts";
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
  readonly ledger: Pick<Ledger, "append" | "flush" | "trace" | "rewarded" | "onFeedback">;
  readonly clock: Clock;
  readonly log: Log;
  readonly enabled: () => boolean;
  readonly snapshot: () => Snapshot;
  /** Something was learned, or forgotten. */
  readonly changed: () => void;
}

/** An answer that a person did something with. What was expected of it depends on the roles that models have now. */
interface Judged extends Pick<Observation, "task" | "model" | "reward"> {
  readonly weak: number;
  readonly strong: number;
}

const markSchema = z.object({ since: z.iso.datetime() });

/**
 * What people did with answers, joined to the traces, and what is learned from it. The ledger holds all of it; here is only
 * what was read back, and the time from which on it counts.
 */
export class Learning {
  readonly #o: LearningDeps;
  readonly #mark: string;
  readonly #listening: Disposable;
  /** By trace, the oldest first; null: not read yet. */
  #seen: Map<string, Judged> | null = null;
  #learned: { readonly from: string; readonly is: Learned } | null = null;
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
    this.#o.ledger.flush(); // what was told a moment ago counts
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

  /** Lines of `GET /metrics`. */
  metrics(): string {
    const name = "switchyard_learned_answers";
    return `# HELP ${name} Answers that people did something with, and that are learned from.\n# TYPE ${name} gauge\n${name} ${this.#seen?.size ?? 0}\n`;
  }

  close(): void {
    this.#timer?.cancel();
    this.#listening[Symbol.dispose]();
  }

  #now(): Learned {
    const { standing } = this.#o.snapshot();
    const from = JSON.stringify([...standing]);
    if (this.#learned?.from !== from) this.#learned = { from, is: Learned.of(observed(this.#judged(), standing)) };
    return this.#learned.is;
  }

  #judged(): Map<string, Judged> {
    if (this.#seen) return this.#seen;
    this.#seen = new Map();
    const from = this.#since === null ? 0 : Date.parse(this.#since);
    for (const trace of this.#o.ledger.rewarded(from, most)) this.#observe(trace);
    return this.#seen;
  }

  #take(trace: Trace): void {
    if (this.#seen) this.#observe(trace); // else it is among what will be read
    this.#learned = null;
    this.#soon(settleMs);
  }

  #soon(ms: number): void {
    this.#timer ??= this.#o.clock.after(ms, () => {
      this.#timer = null;
      this.#judged();
      this.#o.changed();
    });
  }

  /** An answer counts once: as what was last made of it. */
  #observe(trace: Trace): void {
    const seen = this.#judged();
    const { decision, features, feedback } = trace;
    const model = mainAttempt(trace)?.model;
    if (!decision || !features || !feedback || model === undefined) return; // of what came from memory nobody learns
    if (trace.status === "error" || trace.status === "interrupted") return; // what failed says nothing of what was not seen
    if (this.#since !== null && trace.startedAt < this.#since) return;
    const { weak, strong } = features;
    seen.set(trace.id, { task: decision.task, model, weak, strong, reward: feedback.reward });
    if (seen.size > most) seen.delete(seen.keys().next().value!);
  }

  #readMark(): string | null {
    try {
      return markSchema.parse(JSON.parse(readFileSync(this.#mark, "utf8"))).since;
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== "ENOENT")
        this.#o.log("warn", `${this.#mark} can't be read: all answers count until the next reset`, {
          why: messageOf(e),
        });
      return null;
    }
  }
}

/** Of models that are configured. */
function* observed(judged: ReadonlyMap<string, Judged>, standing: Snapshot["standing"]): Iterable<Observation> {
  // By their ids, which sort by time: what is learned is the same whichever feedback came first, and after a restart.
  for (const id of [...judged.keys()].sort()) {
    const { task, model, weak, strong, reward } = judged.get(id)!;
    const at = standing.get(model);
    if (at !== undefined) yield { task, model, expected: expectedQuality({ weak, strong }, at), reward };
  }
}
