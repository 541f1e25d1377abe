import type { Call, Event, Provider, Stream } from "../domain/event.ts";
import type { Fact } from "../domain/fact.ts";
import { dropped, type Fault, fault } from "../domain/fault.ts";
import type { Limit } from "../domain/limit.ts";
import type { Model, ModelId, ProviderId } from "../domain/model.ts";
import { charsOf } from "../domain/request.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import type { Scope } from "../kit/scope.ts";
import { Late, mapStream, Prefixed } from "../kit/stream.ts";
import { estimateUsage, tokensOfChars } from "../logic/usage/estimate.ts";
import { costNanos } from "../logic/usage/price.ts";
import type { Outcome, Role, Usage } from "../protocol/trace.ts";
import { firstTokenMs, type Patience } from "./deadlines.ts";
import { type Leases, takeAll } from "./leases.ts";
import type { Running } from "./running.ts";

export interface AttemptDeps {
  readonly clock: Clock;
  readonly append: (fact: Fact) => void;
  readonly model: (id: ModelId) => Model | undefined;
  readonly baseline: () => Model | null;
  readonly provider: (id: ProviderId) => { readonly provider: Provider; readonly timeouts: Patience } | undefined;
  /** What a call must get a lease of before it is made, in this order. */
  readonly limits: readonly Limit[];
  readonly health: Health;
}

/** Who learns from every attempt how a model fares. */
export interface Health {
  began(model: Model): Watch;
}

/** One attempt, watched. */
export interface Watch {
  /** Its first content has come. */
  first(): void;
  /** Once, however it ends. */
  settled(result: {
    readonly outcome: Outcome;
    readonly fault: Fault | null;
    /** Milliseconds from its start. */
    readonly tookMs: number;
  }): void;
}

/** One call to one model: the only way to any of them. */
export function attempt(deps: AttemptDeps, running: Running, id: ModelId, role: Role, scope: Scope): Stream {
  const model = deps.model(id);
  const found = model && deps.provider(model.provider);
  if (!model || !found) return gone(id);
  const { request, accept, progress } = running;
  // Routing looked at this already; the door looks again, so that no plan can get past it.
  if (request.egress.verdict === "nowhere" || (request.egress.verdict === "local-only" && model.locality === "cloud"))
    return refused(fault("cannot", `Not sent to ${id}: the privacy rule "${request.egress.rule}" forbids it.`));
  const call: Call = { model, request, role, attempt: progress.attempts, accept };
  const enter = (leases: Leases | Fault): Stream => {
    if ("code" in leases) return refused(leases);
    const numbered = call.attempt === progress.attempts ? call : { ...call, attempt: progress.attempts };
    progress.attempts++;
    return new Door(deps, numbered, running, found.timeouts, leases, scope).pass(found.provider);
  };
  const leases = takeAll(deps.limits, call, scope);
  return leases instanceof Promise ? new Late(inTime(leases, running, call, scope).then(enter)) : enter(leases);
}

/** The leases, once their turn has come; or a fault when the request's deadline comes first. */
async function inTime(
  coming: Promise<Leases | Fault>,
  running: Running,
  { model, role }: Call,
  scope: Scope,
): Promise<Leases | Fault> {
  const sinceMs = scope.elapsed();
  const { promise: late, resolve } = Promise.withResolvers<Fault>();
  const ms = Math.max(0, running.deadlineMs - sinceMs);
  using _timer = scope.clock.after(ms, () =>
    resolve(fault("overloaded", `${model.provider} had no place free in time.`, { afterMs: 1_000, unsent: true })),
  );
  const leases = await Promise.race([coming, late]);
  if ("code" in leases) {
    // A place that is given all the same goes back at once.
    void coming.then((l) => "code" in l || l.forEach((lease) => void lease.settle(0)));
    return leases;
  }
  if (role !== "judge") scope.span("queue", sinceMs, running.progress.attempts);
  return leases;
}

const gone = (id: ModelId): Stream =>
  refused(fault("no_model", `The model "${id}" has just left the configuration. Ask again.`, { retry: "elsewhere" }));

const drops: ReadonlySet<string> = new Set(Object.values(dropped));

const refused = (f: Fault): Stream => new Prefixed<Event>([{ type: "error", fault: f }], null);

/** What an attempt passes through: deadlines by phase, usage counted or estimated, cost, and its facts. */
class Door {
  readonly #deps: AttemptDeps;
  readonly #call: Call;
  readonly #running: Running;
  readonly #patience: Patience;
  readonly #leases: Leases;
  readonly #scope: Scope;
  readonly #inputChars: number;
  readonly #startMs: number;
  #usage: Usage | null = null;
  #outputChars = 0;
  #started = false;
  #firstMs: number | null = null;
  #late: Fault | null = null;
  #settled = false;
  #watch: Watch | null = null;
  #phase: Timer | null = null;
  #total: Timer | null = null;

  constructor(deps: AttemptDeps, call: Call, running: Running, patience: Patience, leases: Leases, scope: Scope) {
    this.#deps = deps;
    this.#call = call;
    this.#running = running;
    this.#patience = patience;
    this.#leases = leases;
    this.#scope = scope.child();
    this.#inputChars = charsOf(call.request.prompt);
    this.#startMs = scope.elapsed();
  }

  pass(provider: Provider): Stream {
    this.#begin();
    const stream = provider.open(this.#call, this.#scope);
    return mapStream(
      stream,
      (event) => this.#note(event),
      () => this.#close(),
    );
  }

  #begin(): void {
    const { request, model, role, attempt } = this.#call;
    const usage = estimateUsage(this.#inputChars, 0);
    this.#deps.append({
      type: "attempted",
      id: request.id,
      attempt,
      model: model.id,
      provider: model.provider,
      role,
      startMs: this.#startMs,
      usage,
      costNanos: costNanos(usage, model.prices),
    });
    this.#watch = this.#deps.health.began(model);
    const { clock } = this.#deps;
    const { totalMs } = this.#patience;
    const left = Math.max(0, Math.min(totalMs, this.#running.deadlineMs - this.#startMs));
    this.#total = clock.after(left, () => this.#expire(`did not finish within ${totalMs} ms (timeouts.totalMs)`));
    this.#awaitFirst();
  }

  #awaitFirst(): void {
    if (!this.#call.request.stream) return;
    const { route } = this.#running.progress.decision;
    const input = tokensOfChars(this.#inputChars);
    const ms = firstTokenMs(this.#patience, this.#call.model.locality, route, input);
    this.#phase = this.#deps.clock.after(ms, () =>
      this.#expire(`sent no token within ${ms} ms (timeouts.firstTokenMs)`),
    );
  }

  #expire(what: string): void {
    this.#late = fault("upstream_timeout", `${this.#call.model.id} ${what}.`, { retry: "again" });
    this.#scope.end("deadline");
  }

  /** Looks at an event on its way, and gives what is passed on. */
  #note(event: Event): Event {
    switch (event.type) {
      case "waiting": // a model being loaded has its load time on top
        this.#phase?.cancel();
        this.#phase = null;
        return event;
      case "start":
        this.#started = true;
        if (this.#firstMs === null && this.#phase === null) this.#awaitFirst();
        return event;
      case "first":
        this.#first();
        return event;
      case "bytes":
        return this.#content(event, event.chars);
      case "text":
      case "reasoning":
        return this.#content(event, event.text.length);
      case "tool-call":
        return this.#content(event, event.args.length);
      case "usage":
        this.#usage = event.usage;
        return event;
      case "done":
        this.#settle("served", null);
        return event;
      case "error": {
        const f = this.#late ?? event.fault;
        const ended = f.code === "cancelled" || f.code === "shutting_down";
        if (ended && drops.has(this.#scope.why ?? "")) this.#settle("discarded", null);
        else this.#settle(ended ? "cancelled" : "failed", f);
        return f === event.fault ? event : { type: "error", fault: f };
      }
      case "decision":
        return event;
    }
  }

  #content(event: Event, chars: number): Event {
    this.#outputChars += chars;
    this.#phase?.restart();
    return event;
  }

  #first(): void {
    this.#firstMs = this.#scope.elapsed();
    this.#watch?.first();
    this.#scope.span("wait", this.#scope.endOf("connect", this.#call.attempt) ?? this.#startMs, this.#call.attempt);
    this.#deps.append({
      type: "first-token",
      id: this.#call.request.id,
      attempt: this.#call.attempt,
      atMs: this.#firstMs,
    });
    if (!this.#call.request.stream) return;
    const { betweenTokensMs } = this.#patience;
    this.#phase?.cancel();
    this.#phase = this.#deps.clock.after(betweenTokensMs, () =>
      this.#expire(`fell silent for ${betweenTokensMs} ms (timeouts.betweenTokensMs)`),
    );
  }

  #settle(outcome: Outcome, f: Fault | null): void {
    this.#settled = true;
    const { request, model, attempt } = this.#call;
    const usage = this.#usageOf(outcome, f);
    if (this.#firstMs !== null && request.stream) this.#scope.span("stream", this.#firstMs, attempt);
    const baseline = this.#deps.baseline();
    const endMs = this.#scope.elapsed();
    const cost = usage === null ? 0 : costNanos(usage, model.prices);
    for (const lease of this.#leases) lease.settle(cost);
    this.#watch?.settled({ outcome, fault: f, tookMs: endMs - this.#startMs });
    this.#deps.append({
      type: "settled",
      id: request.id,
      attempt,
      endMs,
      outcome,
      error: f === null ? null : { code: f.code, message: f.message },
      usage,
      costNanos: cost,
      baselineNanos: usage === null || baseline === null ? null : costNanos(usage, baseline.prices),
    });
  }

  /** The provider's own figure; cut off, an estimate; nothing for what a provider refused or never received. */
  #usageOf(outcome: Outcome, f: Fault | null): Usage | null {
    if (this.#usage !== null) return this.#usage;
    const refused = outcome === "failed" && !this.#started && f?.code !== "upstream_timeout";
    return refused ? null : estimateUsage(this.#inputChars, this.#outputChars);
  }

  #close(): void {
    // Left early: whoever read this stream needs no more of it.
    if (!this.#settled) this.#settle("discarded", null);
    this.#phase?.cancel();
    this.#total?.cancel();
    this.#scope.end("attempt over");
  }
}
