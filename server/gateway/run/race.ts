import type { Event, Stream } from "../../domain/event.ts";
import { dropped, endedFault, type Fault, fault } from "../../domain/fault.ts";
import type { ModelId } from "../../domain/model.ts";
import { type Entrant, firstModel, type Plan, type RacePlan } from "../../domain/plan.ts";
import type { Timer } from "../../kit/clock.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Reader } from "../../kit/stream.ts";
import type { Role } from "../../protocol/trace.ts";
import type { Running } from "../running.ts";
import { backoffMs, mostAskedMs } from "./backoff.ts";
import { Continued } from "./continue.ts";
import { Racer } from "./racer.ts";
import type { Run } from "./run.ts";

type Result = IteratorResult<Event, undefined>;
interface Failure {
  readonly model: ModelId;
  readonly fault: Fault;
}

/**
 * The entrants in their order, each when those before have failed or, as a hedge, are late; the first that has content to
 * show is committed to, the others end, and from then on it is pulled directly. `first`: an entrant that runs already.
 */
export const race = (
  plan: RacePlan,
  running: Running,
  scope: Scope,
  role: Role,
  run: Run,
  first: Racer | null = null,
): Stream => new Race(plan, running, scope, role, run, first);

class Race implements Reader<Event> {
  readonly #plan: RacePlan;
  readonly #running: Running;
  readonly #scope: Scope;
  readonly #role: Role;
  readonly #run: Run;
  readonly #live: Racer[] = [];
  readonly #failed: Failure[] = [];
  /** The entrant that is next in line. */
  #next = 0;
  #retries = 0;
  /** Waits for the time of a hedge, or of a retry. */
  #timers: Timer[] | null = null;
  #pausing = false;
  #wake: (() => void) | null = null;
  #winner: Stream | null = null;
  /** What the winner gave before its first content, on its way since the commit. */
  #waiting: Event[] = [];
  #over = false;

  constructor(plan: RacePlan, running: Running, scope: Scope, role: Role, run: Run, first: Racer | null) {
    this.#plan = plan;
    this.#running = running;
    this.#scope = scope;
    this.#role = role;
    this.#run = run;
    if (!first) return;
    this.#live.push(first);
    this.#next = 1;
  }

  ready(): Result | null {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting) return { value: waiting, done: false };
      if (this.#over) return { value: undefined, done: true };
      if (this.#winner) return this.#winner.ready();
      if (this.#live.length === 0 && !this.#pausing) this.#goOn();
      else if (!this.#listenToAll()) return null;
    }
  }

  /** Looks at what the entrants have said; false when that is nothing. */
  #listenToAll(): boolean {
    for (const racer of this.#live) {
      const r = racer.ready();
      if (r === null) continue;
      this.#look(racer, r);
      return true;
    }
    return false;
  }

  next(): Promise<Result> {
    const r = this.ready();
    if (r) return Promise.resolve(r);
    return this.#winner ? this.#winner.next() : this.#seek();
  }

  return(): Promise<Result> {
    this.#over = true;
    this.#calm();
    for (const racer of this.#live.splice(0)) racer.drop("its reader left");
    return this.#winner?.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Waits until there is something to pass on. By hand: an async function costs several promises a wait. */
  #seek(): Promise<Result> {
    this.#arm();
    const [lone] = this.#live;
    const alone = lone && this.#timers === null && !lone.listening;
    return (alone ? lone.wait() : this.#somebody()).then(this.#again);
  }

  readonly #again = (): Result | Promise<Result> => this.ready() ?? (this.#winner ? this.#winner.next() : this.#seek());

  /** Until one of several says something, or a time has come. */
  #somebody(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      for (const racer of this.#live) racer.listen(this.#ring);
    });
  }

  readonly #ring = (): void => this.#wake?.();

  /** Looks at what an entrant gives before its first content. */
  #look(racer: Racer, r: Result): void {
    if (r.done) return this.#fail(racer, fault("internal", "The answer ended without a word.", { retry: "elsewhere" }));
    const event = r.value;
    switch (event.type) {
      case "waiting":
        this.#waiting.push(event);
        return;
      case "error":
        return this.#fail(racer, event.fault);
      case "first":
      case "done":
        return this.#commit(racer, event);
      case "decision":
      case "start":
      case "bytes":
      case "text":
      case "reasoning":
      case "tool-call":
      case "vectors":
      case "usage":
        racer.held.push(event);
        return;
    }
  }

  #commit(racer: Racer, event: Event): void {
    this.#calm();
    for (const other of this.#live) if (other !== racer) other.drop(dropped.lost);
    if (racer.hedge) this.#countSaved();
    const { continuing } = this.#plan;
    this.#winner = continuing
      ? new Continued(racer.stream, continuing, this.#running, this.#scope, this.#run)
      : racer.stream;
    this.#live.length = 0;
    const amended = this.#failed.length > 0 || racer.hedge;
    this.#waiting.push(...(amended ? [this.#amended(racer)] : []), ...racer.held, event);
  }

  #fail(racer: Racer, f: Fault): void {
    racer.over();
    this.#live.splice(this.#live.indexOf(racer), 1);
    if (racer.hedge) return; // it says nothing of the answer that is awaited
    this.#calm();
    this.#failed.push({ model: racer.model, fault: f });
    this.#running.progress.fellBack = true;
    const { savedMs } = this.#running.progress;
    if (savedMs) this.#running.progress.savedMs = { ...savedMs, speculation: 0 }; // what was early came to nothing
    // Whose own queue is full is refused; but one that was only tried instead may be full, and the next not.
    if (f.retry === "never" && !(f.unsent && this.#failed.length > 1)) this.#end(f);
  }

  /** Nobody runs: the next in line begins, or one that failed tries again; else this was all. */
  #goOn(): void {
    const why = this.#scope.why;
    if (why !== null) this.#end(endedFault(why));
    else if (this.#failed.length > 0 && this.#late()) this.#end(summary(this.#failed));
    else if (!this.#startNext() && !this.#startAgain()) this.#end(summary(this.#failed));
  }

  /** No time is left for anybody else; a timer may ring a moment early. */
  #late(): boolean {
    return this.#scope.elapsed() + 1 >= this.#running.deadlineMs;
  }

  #startNext(): boolean {
    for (;;) {
      const next = this.#plan.of[this.#next++];
      if (!next) return false;
      if (next.afterMs !== null) continue; // hedges begin by time alone
      this.#start(next.plan, this.#failed.length === 0 ? this.#role : "fallback");
      return true;
    }
  }

  /** Of those that may do better soon, the one that asks for the shortest wait. */
  #startAgain(): boolean {
    const n = this.#retries;
    if (n >= this.#plan.retries) return false;
    const timeouts = (m: ModelId): number =>
      this.#failed.filter((f) => f.model === m && f.fault.code === "upstream_timeout").length;
    const able = [...new Map(this.#failed.map((f) => [f.model, f])).values()].filter(
      // A model's last word counts. Waiting is what timeouts cost: one more try is all they get.
      (f) => f.fault.retry === "again" && (f.fault.afterMs ?? 0) <= mostAskedMs && timeouts(f.model) < 2,
    );
    const [best] = able.sort((a, b) => (a.fault.afterMs ?? 0) - (b.fault.afterMs ?? 0));
    if (!best) return false;
    const ms = backoffMs(n, best.fault.afterMs, this.#running.request.id);
    if (this.#scope.elapsed() + ms >= this.#running.deadlineMs) return false;
    this.#retries++;
    this.#pausing = true;
    this.#calm();
    const goOn = (): void => {
      this.#pausing = false;
      this.#scope.offEnd(goOn);
      this.#calm();
      if (!this.#scope.ended) this.#start({ do: "call", model: best.model }, "fallback");
      this.#ring();
    };
    this.#scope.onEnd(goOn); // a client that leaves waits for no retry
    if (this.#pausing) this.#timers = [this.#scope.clock.after(ms, goOn)];
    return true;
  }

  #start(plan: Plan, role: Role, hedge = false): void {
    const own = this.#scope.child();
    const stream = this.#run(plan, this.#running, own, role);
    this.#live.push(new Racer(firstModel(plan), hedge, stream, own));
  }

  /** Sets the times of the hedges, once somebody must be waited for. */
  #arm(): void {
    const [first] = this.#live;
    if (this.#timers !== null || this.#failed.length > 0 || !first) return;
    if (!this.#plan.of.some(isHedge)) return;
    const hedges = this.#plan.of.filter(isHedge);
    const since = this.#scope.elapsed() - first.startMs;
    this.#timers = hedges.map(({ plan, afterMs }) =>
      this.#scope.clock.after(Math.max(0, afterMs! - since), () => {
        // After a failure somebody else runs already, and for another reason.
        if (this.#winner || this.#live.length === 0 || this.#failed.length > 0 || this.#scope.ended) return;
        this.#start(plan, "hedge", true);
        this.#ring();
      }),
    );
  }

  #calm(): void {
    for (const timer of this.#timers ?? []) timer.cancel();
    this.#timers = null;
  }

  #end(f: Fault): void {
    this.#calm();
    for (const racer of this.#live.splice(0)) racer.drop(dropped.lost);
    this.#over = true;
    this.#waiting.push({ type: "error", fault: f });
  }

  /** How much longer the first would have taken is not known; what others as late as it took on average is. */
  #countSaved(): void {
    const { afterMs, lateMs } = this.#plan.of.find(isHedge)!;
    const first = this.#live.find((r) => !r.hedge);
    const before = this.#running.progress.savedMs;
    const hedge = lateMs == null || !first ? 0 : Math.max(0, first.startMs + lateMs - this.#scope.elapsed());
    // An early start made the hedge begin sooner too, by as much or by its whole wait.
    this.#running.progress.savedMs = { speculation: Math.min(before?.speculation ?? 0, afterMs!), hedge };
  }

  #firstModel(): ModelId {
    return firstModel(this.#plan.of[0]!.plan);
  }

  /** The decision as it stands after a fallback or a hedge: it says who answers instead, and why. */
  #amended({ model }: Racer): Event {
    const { progress } = this.#running;
    const names = this.#failed.map((f) => `${f.model} failed (${f.fault.code})`).join(", ");
    const what = this.#failed.some((f) => f.model === model) ? "answers at another try" : "answers instead";
    const reason =
      this.#failed.length === 0
        ? `${this.#firstModel()} was late: ${model} was asked too, and was sooner`
        : `${names}: ${model} ${what}`;
    progress.decision = { ...progress.decision, model, reason };
    return { type: "decision", decision: progress.decision };
  }
}

const isHedge = (e: Entrant): boolean => e.afterMs !== null;

/** A fault that no other model can mend stands alone; otherwise the first, which is the chosen model's, with what else was tried. */
function summary(failed: readonly Failure[]): Fault {
  const last = failed.at(-1)!.fault;
  const first = failed[0]!.fault;
  if (last.retry === "never" || failed.length === 1) return last;
  const others = failed.slice(1).map((f) => `${f.model === failed[0]!.model ? "again" : f.model}: ${f.fault.message}`);
  return { ...first, message: `${first.message.replace(/([^.!?…])$/, "$1.")} Also tried: ${others.join(" ")}` };
}
