import type { Call } from "../../domain/event.ts";
import { endedFault, type Fault, fault } from "../../domain/fault.ts";
import type { Lease, Limit } from "../../domain/limit.ts";
import type { ProviderId } from "../../domain/model.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Places } from "./capacity.ts";
import { type Answer, Queue, Waiter } from "./queue.ts";

export interface SlotsDeps {
  /**
   * What a provider can do while `running` calls are under way; a promise while that is being asked of its server.
   * Looked at for each call that comes, goes or is let in.
   */
  readonly capacity: (provider: ProviderId, running: number) => Places | Promise<Places>;
  readonly clock: Pick<Clock, "now">;
}

/** How busy a provider is. */
export interface Load {
  readonly provider: ProviderId;
  readonly running: number;
  readonly waiting: number;
  /** Calls that it can run at once; null: not known yet. */
  readonly capacity: number | null;
}

/** Idle lanes stay for what they know of their calls; at so many lanes they are forgotten. */
const manyLanes = 32;

/** Places at providers: who finds none free waits for one, in a fair and bounded queue. */
export class Slots implements Limit {
  readonly #deps: SlotsDeps;
  readonly #lanes = new Map<ProviderId, Lane>();

  constructor(deps: SlotsDeps) {
    this.#deps = deps;
  }

  take(call: Call, scope: Scope): Answer | Promise<Answer> {
    if (scope.why !== null) return endedFault(scope.why);
    const { provider } = call.model;
    return (this.#lanes.get(provider) ?? this.#open(provider)).take(call, scope);
  }

  /** Whether no place is free at it. */
  full(provider: ProviderId): boolean {
    return this.#lanes.get(provider)?.full ?? false;
  }

  /** Of each provider in use. */
  load(): Load[] {
    return [...this.#lanes.values()].flatMap((lane) => (lane.idle ? [] : [lane.load()]));
  }

  #open(provider: ProviderId): Lane {
    if (this.#lanes.size >= manyLanes) {
      for (const lane of this.#lanes.values()) if (lane.idle) this.#lanes.delete(lane.provider);
    }
    const lane = new Lane(provider, this.#deps);
    this.#lanes.set(provider, lane);
    return lane;
  }
}

/** What those may not do who were begun before they were needed: wait. */
const early: Partial<Record<Call["role"], string>> = { speculative: "an early start", hedge: "a second attempt" };

/** How many may wait where nothing at all is known yet. */
const waitingUnknown = 512;

/** No call is over sooner, in milliseconds. */
const unusedMs = 0.5;

const retryMs = { least: 1_000, most: 60_000 };

/** One provider's places. */
class Lane {
  readonly provider: ProviderId;
  readonly #deps: SlotsDeps;
  readonly #queue = new Queue();
  #running = 0;
  /** As far as they are known. */
  #places: Places | null = null;
  #asked: Promise<Places> | null = null;
  /** What a call takes, of late; null: none has ended yet. */
  #callMs: number | null = null;

  constructor(provider: ProviderId, deps: SlotsDeps) {
    this.provider = provider;
    this.#deps = deps;
  }

  get full(): boolean {
    return this.#queue.size > 0 || this.#running >= (this.#places?.running ?? Infinity);
  }

  get idle(): boolean {
    return this.#running === 0 && this.#queue.size === 0;
  }

  load(): Load {
    const capacity = this.#places?.running ?? null;
    return { provider: this.provider, running: this.#running, waiting: this.#queue.size, capacity };
  }

  take(call: Call, scope: Scope): Answer | Promise<Answer> {
    if (this.#queue.size > 0) this.#admit(); // there may be more places than before
    const places = this.#look();
    if (places !== null && this.#queue.size === 0 && this.#running < places.running) return this.#lease();
    const what = early[call.role];
    if (what !== undefined) {
      // A moment for its server to say how much it can is no wait for a place.
      if (this.#asked === null || places !== null) return this.#noWait(what);
      return this.#asked.then(() => this.#early(what, scope));
    }
    if (this.#queue.size >= this.#room()) return this.#full();
    const waiter = new Waiter(scope, this.#queue);
    this.#queue.push(call, waiter);
    return waiter.answer;
  }

  release(sinceMs: number): void {
    this.#running--;
    const ms = this.#deps.clock.now() - sinceMs;
    if (ms < unusedMs) return this.#queue.size > 0 ? this.#admit() : undefined; // refused by another limit: no call
    this.#callMs = this.#callMs === null ? ms : this.#callMs + (ms - this.#callMs) / 8;
    if (this.#queue.size > 0) this.#admit();
  }

  #early(what: string, scope: Scope): Answer {
    if (scope.why !== null) return endedFault(scope.why);
    const places = this.#look();
    const known = places ?? this.#places;
    return known !== null && this.#running < known.running ? this.#lease() : this.#noWait(what);
  }

  #lease(): Lease {
    this.#running++;
    return new Place(this, this.#deps.clock.now());
  }

  /** Lets in as many as there are places. `answer`: what the provider has just said of itself. */
  #admit(answer: Places | null = null): void {
    while (this.#queue.size > 0) {
      const places = this.#look(answer);
      if (places === null || this.#running >= places.running) return;
      this.#queue.next().give(this.#lease());
    }
  }

  /** What the provider can do now; null while it is asked, and those who wait are let in afterwards. */
  #look(answer: Places | null = null): Places | null {
    const found = this.#deps.capacity(this.provider, this.#running);
    const places = found instanceof Promise ? answer : found;
    if (places !== null) this.#places = places;
    else if (found instanceof Promise && this.#asked === null) this.#ask(found);
    return places;
  }

  #ask(asked: Promise<Places>): void {
    const over = (places: Places): Places => {
      this.#asked = null;
      this.#admit(places);
      return places;
    };
    // Should the asking break, those who wait still get their turns.
    this.#asked = asked.then(over, () => over(this.#places ?? { running: 1, waiting: 0 }));
  }

  /** How many may wait. While it isn't known how many may run, those are counted in who may yet do so. */
  #room(): number {
    if (this.#places === null) return waitingUnknown;
    return this.#places.waiting + Math.max(0, this.#places.running - this.#running);
  }

  #noWait(what: string): Fault {
    const message = `${this.provider} has no free place, and ${what} waits for none.`;
    return fault("overloaded", message, { retry: "elsewhere", unsent: true });
  }

  #full(): Fault {
    const afterMs = this.#afterMs();
    const now = `${this.provider} runs ${count(this.#running)} and ${this.#queue.size} more wait, as many as may`;
    const then = `Send the request again in ${Math.ceil(afterMs / 1000)} s, or ask a model of another provider`;
    return fault("overloaded", `${now}. ${then}.`, { retry: "never", unsent: true, afterMs });
  }

  /** When those who wait now will have got their turns, if calls go on taking as long as they did. */
  #afterMs(): number {
    const ms = ((this.#callMs ?? 0) * Math.max(1, this.#queue.size)) / Math.max(1, this.#running);
    return Math.round(Math.min(Math.max(ms, retryMs.least), retryMs.most));
  }
}

const count = (n: number): string => (n === 1 ? "1 request" : `${n} requests`);

/** A place that is taken. */
class Place implements Lease {
  #lane: Lane | null;
  readonly #sinceMs: number;

  constructor(lane: Lane, sinceMs: number) {
    this.#lane = lane;
    this.#sinceMs = sinceMs;
  }

  settle(): void {
    const lane = this.#lane;
    this.#lane = null;
    lane?.release(this.#sinceMs);
  }
}
