import type { Call, Event, Provider, Stream } from "../../server/domain/event.ts";
import { endedFault, type Fault } from "../../server/domain/fault.ts";
import type { ModelId } from "../../server/domain/model.ts";
import { Channel } from "../../server/kit/channel.ts";
import type { Clock, Timer } from "../../server/kit/clock.ts";
import type { Scope } from "../../server/kit/scope.ts";
import type { Usage } from "../../server/protocol/trace.ts";

/** How a fake model answers by itself. */
export interface Script {
  /** Milliseconds to its first token, or to its failure; null: it never says anything. */
  readonly firstMs: number | null;
  /** Milliseconds between its chunks. */
  readonly everyMs?: number;
  readonly chunks?: number;
  /** Said in place of numbered chunks: a judge's word. */
  readonly text?: string;
  readonly usage?: Usage;
  /** In place of its first token, or after so many chunks. */
  readonly fails?: { readonly fault: Fault; readonly afterChunks?: number };
}

/** One call to a fake model: it says what the test, or its script, makes it say. */
export class FakeCall {
  readonly n: number;
  readonly call: Call;
  readonly openedMs: number;
  readonly events = new Channel<Event>();
  firstMs: number | null = null;
  /** All that it said. */
  said = "";
  /** What it failed with by itself. */
  fault: Fault | null = null;
  closed: { readonly atMs: number; readonly how: "done" | "failed" | "ended" } | null = null;
  /** Its reader has fallen behind: it should wait. */
  paused = false;
  readonly #clock: Clock;
  readonly #scope: Scope;
  #started = false;
  #pieces = 0;
  #timer: Timer | null = null;

  constructor(n: number, call: Call, scope: Scope, clock: Clock) {
    this.n = n;
    this.call = call;
    this.openedMs = clock.now();
    this.#clock = clock;
    this.#scope = scope;
    this.events.onFull = () => {
      this.paused = true;
    };
    this.events.onDrained = () => {
      this.paused = false;
    };
    if (!scope.ended) scope.span("connect", scope.elapsed(), call.attempt);
    scope.onEnd(this.#onEnd);
  }

  get id(): string {
    return this.call.request.id;
  }
  get model(): ModelId {
    return this.call.model.id;
  }
  get open(): boolean {
    return this.closed === null;
  }
  toString(): string {
    return `${this.call.role} ${this.model}#${this.n} of ${this.id}`;
  }

  wait(): void {
    if (this.open) this.events.push({ type: "waiting", why: `${this.model} is being loaded` });
  }

  start(): void {
    if (!this.open || this.#started) return;
    this.#started = true;
    this.events.push({ type: "start", attempt: this.call.attempt, model: this.model });
  }

  first(): void {
    if (!this.open || this.firstMs !== null) return;
    this.start();
    this.firstMs = this.#clock.now();
    this.events.push({ type: "first" });
  }

  /** A numbered piece, whose text says whose it is; or these words. */
  chunk(text = `${this.n}:${this.#pieces};`): void {
    if (!this.open) return;
    this.first();
    this.#pieces++;
    this.said += text;
    this.events.push({ type: "text", text });
  }

  done(usage?: Usage): void {
    if (!this.open) return;
    this.first();
    if (usage) this.events.push({ type: "usage", usage });
    this.#close("done", { type: "done", stop: "stop" });
  }

  /** The end of an answer without a token, as the embedded engine tells of it. */
  doneEmpty(): void {
    this.start();
    this.#close("done", { type: "done", stop: "stop" });
  }

  /** Its stream ends, and has not said so. */
  vanish(): void {
    this.#close("failed", null);
  }

  fail(fault: Fault): void {
    if (!this.open) return;
    this.fault = fault;
    this.#close("failed", { type: "error", fault });
  }

  play(script: Script): void {
    if (script.firstMs !== null) this.#after(script.firstMs, () => this.#step(script));
  }

  #step(script: Script): void {
    const { chunks = 3, fails, everyMs = 10 } = script;
    if (fails && this.#pieces >= (fails.afterChunks ?? 0)) return this.fail(fails.fault);
    if (script.text !== undefined) this.chunk(script.text);
    else if (this.#pieces < chunks) {
      this.chunk();
      return this.#after(everyMs, () => this.#step(script));
    }
    this.done(script.usage);
  }

  #after(ms: number, f: () => void): void {
    if (ms > 0) this.#timer = this.#clock.after(ms, f);
    else f();
  }

  readonly #onEnd = (why: string): void => this.#close("ended", { type: "error", fault: endedFault(why) });

  #close(how: "done" | "failed" | "ended", last: Event | null): void {
    if (!this.open) return;
    this.closed = { atMs: this.#clock.now(), how };
    this.#timer?.cancel();
    this.#scope.offEnd(this.#onEnd);
    if (last) this.events.push(last);
    this.events.close();
  }
}

/** A provider of fake models, which records every call to them. */
export class Calls implements Provider {
  readonly all: FakeCall[] = [];
  /** How a call is answered; null: the test makes it speak. */
  script: (call: Call) => Script | null = () => null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(call: Call, scope: Scope): Stream {
    const fake = new FakeCall(this.all.length, call, scope, this.#clock);
    this.all.push(fake);
    const script = this.script(call);
    if (script) fake.play(script);
    return fake.events;
  }

  of(id: string): readonly FakeCall[] {
    return this.all.filter((c) => c.id === id);
  }

  get running(): readonly FakeCall[] {
    return this.all.filter((c) => c.open);
  }
}
