import type { Event, Stream } from "../../domain/event.ts";
import { dropped, endedFault, type Fault } from "../../domain/fault.ts";
import type { ModelId } from "../../domain/model.ts";
import { firstModel, type GatePlan, type Judgement, judgements, type Plan } from "../../domain/plan.ts";
import { messageOf } from "../../kit/log.ts";
import type { Scope } from "../../kit/scope.ts";
import { Late, Prefixed } from "../../kit/stream.ts";
import type { Role, Stage } from "../../protocol/trace.ts";
import type { Running } from "../running.ts";
import { Hold } from "./hold.ts";
import { race } from "./race.ts";
import { Racer } from "./racer.ts";
import type { Run } from "./run.ts";

/** What a judge said, or why it said nothing. */
export type Verdict = { readonly said: Judgement } | { readonly silent: string };

export interface Judge {
  /** What it said of the same question a while ago, or null. */
  recall(running: Running): Judgement | null;
  /** Asks it. The call ends when the client leaves, and by the judge's own deadline; not with the wait for it. */
  ask(plan: Plan, running: Running, scope: Scope, run: Run): Asked;
}

/** A judge that has been asked. */
export interface Asked {
  readonly verdict: Promise<Verdict>;
  /**
   * Nobody waits for it any more. What it says later is only remembered: that is worth no place that others want, nor its
   * turn for one.
   */
  giveUp(crowded: boolean): void;
}

export interface GateDeps {
  readonly run: Run;
  readonly judge: Judge;
  readonly warm: (model: ModelId) => void;
  /** Whether no place is free at a model's provider. */
  readonly crowded: (model: ModelId) => boolean;
}

/**
 * Speculation: the likely attempt begins at once and is held back until the judge has spoken, or until its time is up; then
 * the guess stands, and what the judge says later is only remembered. Confirmed, the attempt goes on as the first of its
 * race; rejected, it ends at the socket and the right one begins.
 */
export function gate(plan: GatePlan, running: Running, scope: Scope, role: Role, deps: GateDeps): Stream {
  const known = deps.judge.recall(running);
  if (known === null) return new Late(open(plan, running, scope, role, deps));
  const amended = amend(plan, running, known, "judge", `the judge called the same question ${known} a while ago`);
  return new Prefixed([amended], deps.run(plan.on[known], running, scope, role));
}

async function open(plan: GatePlan, running: Running, scope: Scope, role: Role, deps: GateDeps): Promise<Stream> {
  const askedMs = scope.elapsed();
  const asked = deps.judge.ask(plan.judge, running, scope, deps.run);
  const early = plan.speculate === null ? null : new Early(plan.on[plan.speculate], running, scope, deps.run);
  for (const j of judgements) if (j !== plan.speculate) deps.warm(firstModel(plan.on[j]));

  const heard = await within(asked.verdict, plan.holdMs, scope);
  if (heard === null) asked.giveUp(deps.crowded(firstModel(plan.judge)));
  scope.span("judge", askedMs);
  if (scope.why !== null) {
    early?.drop(scope.why);
    return new Prefixed<Event>([{ type: "error", fault: endedFault(scope.why) }], null);
  }
  const spoken = heard !== null && "said" in heard;
  const chosen = spoken ? heard.said : plan.guess;
  const held = early?.refused ? `; not begun early: ${early.refused}` : "";
  const why = spoken
    ? `the judge called it ${chosen}`
    : `${heard === null ? `the judge said nothing within ${plan.holdMs} ms` : heard.silent}: the guess stands`;
  const amended = amend(plan, running, chosen, spoken ? "judge" : null, why + held);
  return new Prefixed([amended], follow(plan, chosen, early, running, scope, role, deps));
}

/** What runs once it is clear which verdict holds. */
function follow(
  plan: GatePlan,
  chosen: Judgement,
  early: Early | null,
  running: Running,
  scope: Scope,
  role: Role,
  { run }: GateDeps,
): Stream {
  const next = plan.on[chosen];
  if (early === null) return run(next, running, scope, role);
  if (!early.runs) {
    early.drop("not begun early");
    return run(next, running, scope, role);
  }
  if (next !== plan.on[plan.speculate!]) {
    early.drop(dropped.rejected);
    return run(next, running, scope, role);
  }
  const racer = early.release();
  return next.do === "race" ? race(next, running, scope, role, run, racer) : racer.stream;
}

/** An attempt that runs before it is known whether it is wanted. */
class Early {
  readonly #running: Running;
  readonly #scope: Scope;
  readonly #own: Scope;
  readonly #model: ModelId;
  readonly #hold: Hold;
  readonly #startMs: number;
  #begun = false;

  constructor(plan: Plan, running: Running, scope: Scope, run: Run) {
    this.#running = running;
    this.#scope = scope;
    this.#own = scope.child();
    this.#model = firstModel(plan);
    this.#startMs = scope.elapsed();
    const call: Running = {
      ...running,
      onBegun: () => {
        this.#begun = true;
      },
    };
    this.#hold = new Hold(run({ do: "call", model: this.#model }, call, this.#own, "speculative"), this.#own);
  }

  /** False where a limit kept it from beginning, or still thinks about it: what isn't under way by now isn't early. */
  get runs(): boolean {
    return this.#begun && this.refused === null;
  }

  /** Why a limit kept it from beginning, or null. */
  get refused(): string | null {
    const { fault } = this.#hold;
    return fault?.unsent ? fault.message.replace(/\.$/, "") : null;
  }

  release(): Racer {
    const releasedMs = this.#told();
    const { savedMs } = this.#running.progress;
    // Begun only now, its first token would have come as much later as it is early.
    const speculation = Math.max(0, Math.min(this.#hold.firstMs ?? releasedMs, releasedMs) - this.#startMs);
    this.#running.progress.savedMs = { speculation, hedge: savedMs?.hedge ?? 0 };
    return new Racer(this.#model, false, this.#released(), this.#own, this.#startMs);
  }

  /** What broke off while it was kept back has shown nothing yet: another may take its place. */
  #released(): Stream {
    const { fault } = this.#hold;
    if (fault === null) return this.#hold;
    const mended: Fault =
      fault.status === undefined && fault.retry === "never" ? { ...fault, retry: "elsewhere" } : fault;
    return new Prefixed<Event>([{ type: "error", fault: mended }], null);
  }

  drop(why: string): void {
    this.#told();
    this.#hold.drop(why);
    if (this.runs) this.#running.progress.savedMs ??= { speculation: 0, hedge: 0 };
  }

  #told(): number {
    if (this.runs) this.#scope.span("hold", this.#startMs, this.#hold.attempt);
    return this.#scope.elapsed();
  }
}

/** The verdict, or null when the request's time for it is up, or its scope ends. */
async function within(verdict: Promise<Verdict>, holdMs: number, scope: Scope): Promise<Verdict | null> {
  const { promise, resolve } = Promise.withResolvers<Verdict | null>();
  const giveUp = (): void => resolve(null);
  const timer = scope.clock.after(Math.max(0, holdMs - scope.elapsed()), giveUp);
  scope.onEnd(giveUp);
  verdict.then(resolve, (e: unknown) => resolve({ silent: `the judge could not be heard (${messageOf(e)})` }));
  try {
    return await promise;
  } finally {
    timer.cancel();
    scope.offEnd(giveUp);
  }
}

/** The decision as it stands once it is clear which plan is followed. Stage null: as it was. */
function amend({ on }: GatePlan, { progress }: Running, chosen: Judgement, stage: Stage | null, why: string): Event {
  const { decision } = progress;
  progress.decision = {
    ...decision,
    model: firstModel(on[chosen]),
    stage: stage ?? decision.stage,
    difficulty:
      stage === "judge" && chosen !== "needs-context"
        ? chosen === "simple"
          ? "simple"
          : "complex"
        : decision.difficulty,
    reason: `${decision.reason}; ${why}`,
  };
  return { type: "decision", decision: progress.decision };
}
