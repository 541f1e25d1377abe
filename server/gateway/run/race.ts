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
  #ready: Event[] = [];
  #entrant: AsyncIterator<Event, undefined> | null = null;
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

  next(): Promise<Result> {
    const ready = this.#ready.shift();
    if (ready) return Promise.resolve({ value: ready, done: false });
    if (this.#over) return Promise.resolve({ value: undefined, done: true });
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

  /** Reads until there is something to pass on: content, or word that somebody waits. */
  async #seek(): Promise<Result> {
    const before: Event[] = [];
    for (;;) {
      this.#entrant ??= this.#start();
      const r = await this.#entrant.next();
      if (r.done) return this.#fault(); // its fault was its last word
      const event = r.value;
      if (event.type === "waiting") return r;
      if (event.type === "error") {
        before.length = 0;
        if (!this.#another(event.fault)) return this.#fault();
        continue;
      }
      before.push(event);
      if (event.type !== "first" && event.type !== "done") continue;
      this.#committed = true;
      this.#ready = this.#failed.length > 0 ? [this.#amended(), ...before] : before;
      return this.next();
    }
  }

  #start(): AsyncIterator<Event, undefined> {
    const { plan } = this.#plan.of[this.#failed.length]!;
    this.#own = this.#scope.child();
    const role = this.#failed.length === 0 ? this.#role : "fallback";
    return this.#run(plan, this.#running, this.#own, role)[Symbol.asyncIterator]() as AsyncIterator<Event, undefined>;
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
