import type { Call, Event, Provider, Stream } from "../domain/event.ts";
import { dropped, endedFault, type Fault, fault, tooSlow } from "../domain/fault.ts";
import type { Watch } from "../domain/health.ts";
import type { Lease } from "../domain/limit.ts";
import { charsOf } from "../domain/request.ts";
import type { Timer } from "../kit/clock.ts";
import { messageOf } from "../kit/log.ts";
import type { Scope } from "../kit/scope.ts";
import { Prefixed, type Reader } from "../kit/stream.ts";
import { estimateUsage, tokensOfChars } from "../logic/usage/estimate.ts";
import { costNanos } from "../logic/usage/price.ts";
import type { Outcome, Usage } from "../protocol/trace.ts";
import type { AttemptDeps } from "./attempt.ts";
import { firstTokenMs, judgeMs, type Patience } from "./deadlines.ts";
import type { Running } from "./running.ts";

type Result = IteratorResult<Event, undefined>;

const drops: ReadonlySet<string> = new Set(Object.values(dropped));

/** A request's whole time is over: no other model can help. */
export const overdue = (ms: number): Fault =>
  fault("upstream_timeout", `No model finished within ${ms} ms (timeouts.totalMs).`);

/** Milliseconds that a model is given to be loaded, where its server can't say how far it is. */
const mostLoadingMs = 120_000;

/** Who had this share of its time, or more, is to blame for not having finished: the very first begins a moment late too. */
const mostOfIt = 0.9;

/** What an attempt passes through: deadlines by phase, usage counted or estimated, cost, and its facts. */
export class Door implements Reader<Event> {
  readonly #deps: AttemptDeps;
  readonly #call: Call;
  readonly #running: Running;
  readonly #patience: Patience;
  readonly #leases: readonly Lease[];
  readonly #scope: Scope;
  readonly #inputChars: number;
  readonly #startMs: number;
  #usage: Usage | null = null;
  #outputChars = 0;
  #started = false;
  /** Its model is being loaded. */
  #loading = false;
  #loadedMs: number | null = null;
  #firstMs: number | null = null;
  #late: Fault | null = null;
  #settled = false;
  #watch: Watch | null = null;
  #provider: Provider | null = null;
  #source: Stream | null = null;
  /** Somebody waits for the next event: else a silence is the reader's. */
  #asking = false;
  #phase: Timer | null = null;
  #total: Timer | null = null;

  constructor(
    deps: AttemptDeps,
    call: Call,
    running: Running,
    patience: Patience,
    leases: readonly Lease[],
    scope: Scope,
  ) {
    this.#deps = deps;
    this.#call = call;
    this.#running = running;
    this.#patience = patience;
    this.#leases = leases;
    this.#scope = scope.child();
    this.#inputChars = charsOf(call.request.prompt);
    this.#startMs = scope.elapsed();
  }

  /** Makes the call. */
  pass(provider: Provider): Stream {
    this.#provider = provider;
    this.#begin();
    try {
      this.#source = provider.open(this.#call, this.#scope);
    } catch (e) {
      const f = fault("internal", `${this.#call.model.id} could not be asked: ${messageOf(e)}`, { retry: "elsewhere" });
      this.#source = new Prefixed<Event>([{ type: "error", fault: f }], null);
    }
    return this;
  }

  ready(): Result | null {
    try {
      const r = this.#source!.ready();
      return r && this.#step(r);
    } catch (e) {
      return this.#broken(e);
    }
  }

  next(): Promise<Result> {
    this.#asking = true;
    return this.#source!.next().then(this.#step).catch(this.#broken);
  }

  /** Streams don't throw. Should one do it all the same, it is this attempt's failure and nobody else's. */
  readonly #broken = (e: unknown): Result => {
    const f = fault("internal", `The answer of ${this.#call.model.id} could not be read: ${messageOf(e)}`, {
      retry: "elsewhere",
    });
    this.#settle("failed", f);
    this.#source = new Prefixed<Event>([], null);
    return { value: { type: "error", fault: f }, done: false };
  };

  return(): Promise<Result> {
    this.#cutOff(this.#scope.why ?? "its reader left");
    return this.#source!.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #step = (r: Result): Result => {
    this.#asking = false;
    if (r.done) {
      const { id } = this.#call.model;
      this.#settle("failed", fault("internal", `${id}'s answer ended without a word.`)); // it should have
      return r;
    }
    if (this.#settled) return r; // dropped: what was on its way comes afterwards
    const value = this.#note(r.value);
    return value === r.value ? r : { value, done: false };
  };

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
    const most = role === "judge" ? judgeMs : this.#running.withinMs;
    const totalMs = Math.min(most ?? Infinity, this.#patience.totalMs);
    const left = Math.max(0, this.#running.deadlineMs - this.#startMs);
    const early = left < mostOfIt * totalMs;
    // Whole milliseconds, and mostly the same: Node keeps a list of timers for each number of them.
    const ms = Math.ceil(Math.min(totalMs, left));
    this.#total = clock.after(ms, () => this.#expireAll(early ? null : totalMs));
    this.#awaitFirst();
  }

  #awaitFirst(): void {
    if (!this.#call.request.stream) return;
    const { route } = this.#running.progress.decision;
    const input = tokensOfChars(this.#inputChars);
    const ms = firstTokenMs(this.#patience, this.#call.model.locality, route, input);
    this.#phase = this.#deps.clock.after(ms, () => {
      if (!this.#asking) return this.#phase?.restart(); // what has come may wait for its reader
      const loading = this.#provider?.loads?.(this.#call.model, this.#deps.clock.now());
      const late = `sent no token within ${ms} ms (timeouts.firstTokenMs)`;
      if (!loading) this.#expire(late);
      else void loading.then((still) => this.#wait(still, late));
    });
  }

  /** A cold start is no failure. */
  #wait(loading: boolean, late: string): void {
    if (this.#settled || this.#firstMs !== null) return;
    if (!loading || this.#scope.elapsed() - this.#startMs > mostLoadingMs) return this.#expire(late);
    this.#loading = !this.#started;
    this.#phase?.restart();
  }

  #expire(what: string): void {
    this.#late = fault("upstream_timeout", `${this.#call.model.id} ${what}.`, { retry: "again" });
    this.#scope.end("deadline");
  }

  /** What is left of a request's time after other attempts says nothing of this model. */
  #expireAll(totalMs: number | null): void {
    if (totalMs !== null) {
      const setting = totalMs < this.#patience.totalMs ? "" : " (timeouts.totalMs)";
      return this.#expire(`did not finish within ${totalMs} ms${setting}`);
    }
    this.#late = overdue(this.#running.deadlineMs);
    this.#scope.end("deadline");
  }

  /** Looks at an event on its way, and gives what is passed on. */
  #note(event: Event): Event {
    switch (event.type) {
      case "waiting": // a model being loaded has its load time on top
        this.#phase?.cancel();
        this.#phase = null;
        if (!this.#started) this.#loading = true;
        return event;
      case "start":
        if (this.#loading) {
          this.#scope.span("queue", this.#startMs, this.#call.attempt);
          this.#loadedMs = this.#scope.elapsed();
        }
        this.#loading = false;
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
        if (ended && this.#scope.why !== null) this.#cutOff(this.#scope.why);
        else this.#settle(ended ? "cancelled" : "failed", f);
        return f === event.fault ? event : { type: "error", fault: f };
      }
      case "decision":
      case "vectors":
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
    this.#waited();
    this.#deps.append({
      type: "first-token",
      id: this.#call.request.id,
      attempt: this.#call.attempt,
      atMs: this.#firstMs,
    });
    if (!this.#call.request.stream) return;
    const { betweenTokensMs } = this.#patience;
    this.#phase?.cancel();
    this.#phase = this.#deps.clock.after(betweenTokensMs, () => {
      if (this.#asking) this.#expire(`fell silent for ${betweenTokensMs} ms (timeouts.betweenTokensMs)`);
      else this.#phase?.restart();
    });
  }

  /** What it waited for its first content, or in vain: from when it was sent, or its model was there. */
  #waited(): void {
    const { attempt } = this.#call;
    const sentMs = this.#scope.endOf("connect", attempt);
    if (sentMs === null && !this.#started) return;
    const since = Math.max(sentMs ?? this.#startMs, this.#loadedMs ?? 0);
    this.#scope.span("wait", since, attempt);
  }

  #settle(outcome: Outcome, f: Fault | null): void {
    if (this.#settled) return;
    this.#settled = true;
    // Not left to the stream's end: who has read of a failure may read no further, and a timer holds the whole request.
    this.#phase?.cancel();
    this.#total?.cancel();
    const { request, model, attempt } = this.#call;
    const usage = this.#usageOf(outcome, f);
    if (this.#firstMs === null) this.#waited();
    else if (request.stream) this.#scope.span("stream", this.#firstMs, attempt);
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
      ...(this.#running.progress.orphaned ? { shared: true } : {}),
    });
    this.#scope.end("attempt over");
  }

  /** Ended by its scope: by another attempt or a verdict, by its deadline, or by whoever asked. */
  #cutOff(why: string): void {
    if (this.#late !== null) this.#settle("failed", this.#late);
    else if (drops.has(why)) this.#settle("discarded", null);
    else if (why === tooSlow) this.#settle("failed", fault("upstream_timeout", `${this.#call.model.id}: ${why}.`));
    else this.#settle("cancelled", endedFault(why));
  }

  /** Its request has left: the provider has a connection for it, or has said something. */
  get #sent(): boolean {
    return this.#started || this.#firstMs !== null || this.#scope.endOf("connect", this.#call.attempt) !== null;
  }

  /** The provider's own figure; cut off, an estimate; nothing for what a provider refused or never received. */
  #usageOf(outcome: Outcome, f: Fault | null): Usage | null {
    if (this.#usage !== null) return this.#usage;
    const refused = outcome === "failed" && !this.#started && f?.code !== "upstream_timeout";
    return refused || !this.#sent ? null : estimateUsage(this.#inputChars, this.#outputChars);
  }
}
