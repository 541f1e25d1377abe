import type { Event, Stream } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import { leaves, type Plan } from "../../domain/plan.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Reader } from "../../kit/stream.ts";
import type { Role } from "../../protocol/trace.ts";
import type { Running } from "../running.ts";
import type { Run } from "./run.ts";

type RacePlan = Extract<Plan, { do: "race" }>;
type Result = IteratorResult<Event, undefined>;
interface Failure {
  readonly model: string;
  readonly fault: Fault;
}

/**
 * The entrants in their order, each after the one before has failed; the first that has content to show is committed to,
 * and from then on pulled directly. Nothing is held but the few events before its first content.
 */
export const race = (plan: RacePlan, running: Running, scope: Scope, role: Role, run: Run): Stream =>
  new Race(plan, running, scope, role, run);

class Race implements Reader<Event> {
  readonly #plan: RacePlan;
  readonly #running: Running;
  readonly #scope: Scope;
  readonly #role: Role;
  readonly #run: Run;
  readonly #failed: Failure[] = [];
  /** What the entrant gave before its first content. */
  readonly #held: Event[] = [];
  /** What was held, on its way since the commit. */
  #waiting: Event[] = [];
  #entrant: Stream | null = null;
  #own: Scope | null = null;
  #committed = false;
  #over = false;

  constructor(plan: RacePlan, running: Running, scope: Scope, role: Role, run: Run) {
    this.#plan = plan;
    this.#running = running;
    this.#scope = scope;
    this.#role = role;
    this.#run = run;
  }

  ready(): Result | null {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting) return { value: waiting, done: false };
      if (this.#over) return { value: undefined, done: true };
      this.#entrant ??= this.#start();
      const r = this.#entrant.ready();
      if (r === null || this.#committed) return r;
      const passed = this.#look(r);
      if (passed) return passed;
    }
  }

  next(): Promise<Result> {
    const r = this.ready();
    if (r) return Promise.resolve(r);
    return this.#committed ? this.#entrant!.next() : this.#seek();
  }

  return(): Promise<Result> {
    this.#over = true;
    this.#own?.end("its reader left");
    return this.#entrant?.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Waits until there is something to pass on. */
  async #seek(): Promise<Result> {
    for (;;) {
      const r = this.ready();
      if (r) return r;
      const passed = this.#look(await this.#entrant!.next());
      if (passed) return passed;
    }
  }

  /** Looks at what an entrant gives before its first content: what is passed on of it, or null. */
  #look(r: Result): Result | null {
    if (r.done) return this.#fault(); // its fault was its last word
    const event = r.value;
    switch (event.type) {
      case "waiting":
        return r;
      case "error":
        this.#held.length = 0;
        return this.#another(event.fault) ? null : this.#fault();
      case "first":
      case "done":
        this.#committed = true;
        this.#waiting = [...(this.#failed.length > 0 ? [this.#amended()] : []), ...this.#held, event];
        return null;
      case "decision":
      case "start":
      case "bytes":
      case "text":
      case "reasoning":
      case "tool-call":
      case "usage":
        this.#held.push(event);
        return null;
    }
  }

  #start(): Stream {
    const { plan } = this.#plan.of[this.#failed.length]!;
    this.#own = this.#scope.child();
    const role = this.#failed.length === 0 ? this.#role : "fallback";
    return this.#run(plan, this.#running, this.#own, role);
  }

  /** Whether another entrant may try after this fault. */
  #another(fault: Fault): boolean {
    this.#failed.push({ model: this.#model(), fault });
    this.#own?.end("failed");
    this.#entrant = null;
    return !this.#scope.ended && fault.retry === "elsewhere" && this.#failed.length < this.#plan.of.length;
  }

  #model(): string {
    return leaves(this.#plan.of[this.#failed.length]!.plan)[0]!;
  }

  #fault(): Result {
    this.#over = true;
    return { value: { type: "error", fault: summary(this.#failed) }, done: false };
  }

  /** The decision as it stands after a fallback: it says who answers instead, and why. */
  #amended(): Event {
    const model = this.#model();
    const names = this.#failed.map((f) => `${f.model} failed (${f.fault.code})`).join(", ");
    this.#running.decision = { ...this.#running.decision, model, reason: `${names}: ${model} answers instead` };
    return { type: "decision", decision: this.#running.decision };
  }
}

/** A fault that no other model can mend stands alone; otherwise the first, which is the chosen model's, with what else was tried. */
function summary(failed: readonly Failure[]): Fault {
  const last = failed.at(-1)!.fault;
  const first = failed[0]!.fault;
  if (last.retry === "never" || failed.length === 1) return last;
  const others = failed.slice(1).map((f) => `${f.model}: ${f.fault.message}`);
  return { ...first, message: `${first.message.replace(/([^.!?…])$/, "$1.")} Tried instead: ${others.join(" ")}` };
}
