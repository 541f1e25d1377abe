import type { Decision } from "../domain/decision.ts";
import type { Event, Stream } from "../domain/event.ts";
import {
  type Alike,
  type Answer,
  type Forget,
  type Memory,
  meets,
  type Owner,
  type Question,
  type Typed,
  type Typing,
} from "../domain/memory.ts";
import type { Request } from "../domain/request.ts";
import type { Clock } from "../kit/clock.ts";
import type { Scope } from "../kit/scope.ts";
import { Prefixed } from "../kit/stream.ts";
import { keyOf } from "../logic/memory/key.ts";
import { merged } from "../logic/memory/merge.ts";
import { questionOf } from "../logic/memory/question.ts";
import { typingOf } from "../logic/memory/typed.ts";
import type { TraceDecision } from "../protocol/trace.ts";
import { Joint } from "./joint.ts";
import type { Progress, Running } from "./running.ts";

export interface RecallDeps {
  readonly memory: Memory;
  readonly clock: Clock;
  readonly alike: Alike;
  readonly typed: Typed;
  /** Each null while it is off. */
  readonly options: () => {
    readonly exact: { readonly anyTemperature: boolean } | null;
    readonly semantic: object | null;
  };
  /** Another one for each configuration that lets other models answer. */
  readonly policy: () => string;
}

/** Where a request's answer would be remembered. */
export interface Place {
  readonly key: string;
  readonly owner: Owner;
  /** The very same request may be given the same answer. */
  readonly exact: boolean;
  /** What it asks, where that may have been asked before in other words. */
  readonly question: Question | null;
  /** A window's completion: what was suggested before may go on. */
  readonly typing: Typing | null;
  /** Whether the client takes an answer that is there already. */
  readonly read: boolean;
}

/** An answer that needs no decision: it is there, or on its way. */
export interface Known {
  readonly state: "exact" | "joined";
  readonly decision: Decision;
  /** The request that it is, or was, made for. */
  readonly trace: string;
  readonly ageMs: number;
  /** What it took, or has taken so far, in milliseconds. */
  readonly tookMs: number;
  readonly events: Stream;
}

interface InFlight {
  readonly joint: Joint;
  readonly trace: string;
  readonly progress: Progress;
  readonly sinceMs: number;
}

/** An answer that may be kept once it is whole. */
interface Coming {
  readonly place: Place;
  readonly trace: string;
}

/** Answers that are there already, or on their way for somebody who asked the same. Stands before the decision. */
export class Recall {
  readonly #deps: RecallDeps;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #coming = new Set<Coming>();

  constructor(deps: RecallDeps) {
    this.#deps = deps;
  }

  /** Null: chance has a part in the answer, it mustn't be kept, or nothing is remembered. */
  place(request: Request): Place | null {
    const { exact, semantic } = this.#deps.options();
    if (exact === null && semantic === null) return null;
    const { wishes, origin, egress } = request;
    if (wishes.cache === "no-store" || egress.verdict === "nowhere") return null;
    const { temperature } = wishes.sampling;
    const certain = temperature === 0 || exact?.anyTemperature === true;
    const same = certain && exact !== null;
    // In a window nobody can say a temperature: there the setting that lets questions be compared says it.
    const comparable = certain || (temperature === undefined && origin.surface === "editor");
    const policy = this.#deps.policy();
    const question = semantic !== null && comparable ? questionOf(request, policy) : null;
    if (!same && question === null) return null;
    return {
      key: keyOf(request, policy),
      owner: { client: origin.client, workspace: origin.workspace },
      exact: same,
      question,
      typing: same ? typingOf(request, policy) : null,
      read: wishes.cache !== "no-cache",
    };
  }

  find({ key, exact, typing, read }: Place, scope: Scope): Known | null {
    if (!read || !exact) return null;
    const answer = this.#deps.memory.find(key);
    if (answer) return this.#again(answer);
    const typed = typing && this.#deps.typed.find(typing);
    if (typed) return goneOn(this.#again(typed.answer), typed.answer, typed.rest);
    const running = this.#inFlight.get(key);
    return running ? this.#join(running, scope) : null;
  }

  /** Lets others join an answer that begins, and keeps it once it is whole. `own`: the scope that it runs in. */
  begin(place: Place, running: Running, source: Stream, own: Scope, scope: Scope): Stream {
    const { key } = place;
    const { request, progress } = running;
    const coming: Coming = { place, trace: request.id };
    this.#coming.add(coming);
    const whole = (events: readonly Event[], bytes: number): void => {
      if (!this.#coming.has(coming)) return; // it was forgotten meanwhile
      if (!progress.fellBack && progress.recalled === null) this.#keep(place, running, events, bytes, own.elapsed());
    };
    const closed = (): void => {
      this.#coming.delete(coming);
      if (this.#inFlight.get(key)?.joint === joint) this.#inFlight.delete(key);
    };
    const joint: Joint = new Joint(source, own, whole, closed);
    // Who wants no answer of before gives none to those who came before it.
    if (place.read && place.exact)
      this.#inFlight.set(key, { joint, trace: request.id, progress, sinceMs: this.#deps.clock.now() });
    return joint.enter(scope, () => {
      progress.orphaned = true;
    });
  }

  /** What is being answered now is not kept either, and nobody joins it any more; those who read it read on. */
  forget(which: Forget): readonly string[] {
    const atMs = this.#deps.clock.wall();
    for (const coming of this.#coming) {
      const { place, trace } = coming;
      if (!meets({ atMs, owner: place.owner, trace }, which)) continue;
      this.#coming.delete(coming);
      if (this.#inFlight.get(place.key)?.trace === trace) this.#inFlight.delete(place.key);
    }
    return []; // none was remembered yet
  }

  #again(answer: Answer): Known {
    const ageMs = Math.max(0, this.#deps.clock.wall() - answer.atMs);
    const reason = `the same request was answered ${ago(ageMs)} (trace ${answer.trace})`;
    return {
      state: "exact",
      decision: decided(answer.decision, reason),
      trace: answer.trace,
      ageMs,
      tookMs: answer.tookMs,
      events: new Prefixed(answer.events, null),
    };
  }

  #join({ joint, trace, progress, sinceMs }: InFlight, scope: Scope): Known {
    const ageMs = this.#deps.clock.now() - sinceMs;
    const reason = `joined a request that asks the same (trace ${trace}): ${progress.decision.reason}`;
    return {
      state: "joined",
      decision: decided(progress.decision, reason),
      trace,
      ageMs,
      tookMs: ageMs,
      events: joint.enter(scope),
    };
  }

  #keep(
    { key, owner, question, typing, exact }: Place,
    { request, progress, embedding }: Running,
    all: readonly Event[],
    bytes: number,
    tookMs: number,
  ): void {
    const end = all.at(-1);
    if (end?.type !== "done" || end.doubtful || !worthKeeping(end.stop, request) || !all.some(says)) return;
    const start = all.findLast((e) => e.type === "start");
    const usage = all.findLast((e) => e.type === "usage")?.usage ?? null;
    const { plan: _, ...decision } = progress.decision;
    const answer: Answer = {
      key,
      owner,
      trace: request.id,
      atMs: this.#deps.clock.wall(),
      decision,
      model: start?.model ?? decision.model,
      usage,
      tookMs,
      events: merged(all),
      bytes: bytes + 2 * key.length + 500,
    };
    if (exact) this.#deps.memory.keep(answer);
    if (typing) this.#deps.typed.keep(typing, answer);
    if (question === null) return;
    const keep = (): void => this.#deps.alike.keep(question, answer, embedding);
    if (embedding === null) keep();
    else this.#deps.clock.after(0, keep); // a call, perhaps: the client gets its answer first
  }
}

/** The rest of a suggestion, after more was typed of it. */
function goneOn(known: Known, answer: Answer, rest: string): Known {
  const events: Event[] = [
    { type: "start", attempt: 0, model: answer.model },
    { type: "first" },
    { type: "text", text: rest },
    { type: "done", stop: "stop" },
  ];
  const reason = `the rest of what was suggested before (trace ${answer.trace})`;
  return { ...known, decision: { ...known.decision, reason }, events: new Prefixed(events, null) };
}

/** Nothing was said in an answer of which this is true for no event. */
const says = (e: Event): boolean =>
  (e.type === "bytes" && e.chars > 0) || (e.type === "text" && e.text !== "") || e.type === "tool-call";

/** Cut short by the client's own limit, an answer is what was asked for; by the model's, it is not whole. */
function worthKeeping(stop: Extract<Event, { type: "done" }>["stop"], request: Request): boolean {
  // Of several streamed answers nobody counts whether each has ended.
  if (request.stream && Number(request.body?.json["n"] ?? 1) > 1) return false;
  switch (stop) {
    case "stop":
    case "tool":
      return true;
    case "length":
      return request.wishes.sampling.maxTokens !== undefined;
    case "filter":
      return false;
  }
}

const decided = (decision: TraceDecision, reason: string): Decision => ({
  ...decision,
  reason,
  us: 0,
  plan: { do: "call", model: decision.model },
  arm: null,
});

export function ago(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 120) return `${s} s ago`;
  return s < 7_200 ? `${Math.round(s / 60)} min ago` : `${Math.round(s / 3_600)} h ago`;
}
