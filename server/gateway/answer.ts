import type { Decision } from "../domain/decision.ts";
import type { Event, Serve, Stream } from "../domain/event.ts";
import type { Ended, Fact } from "../domain/fact.ts";
import { type Fault, fault } from "../domain/fault.ts";
import type { Model, ModelId } from "../domain/model.ts";
import type { Plan } from "../domain/plan.ts";
import { charsOf, type Request } from "../domain/request.ts";
import type { Scope, Span } from "../kit/scope.ts";
import { mapStream, Prefixed } from "../kit/stream.ts";
import { conversationOf } from "../logic/routing/conversation.ts";
import { decide } from "../logic/routing/decide.ts";
import { featuresOf, four, storable } from "../logic/routing/features.ts";
import type { Read } from "../logic/routing/reading.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import { costNanos } from "../logic/usage/price.ts";
import { TextCollector } from "../logic/wires/text.ts";
import type { CacheState, SpanName, Trace, TraceDecision, TraceFeatures, Usage } from "../protocol/trace.ts";
import type { Embeddings } from "./embeddings.ts";
import type { Known, Place, Recall } from "./recall.ts";
import type { Run } from "./run/run.ts";
import type { Progress, Running } from "./running.ts";

export interface AnswerDeps {
  readonly snapshot: () => Snapshot;
  /** What a prompt's text says. */
  readonly read: Read;
  /** Who answered last in a conversation, while its provider may still have it at hand. */
  readonly conversations: {
    last(conversation: string): ModelId | null;
    answered(conversation: string, model: ModelId): void;
  };
  readonly recall: Recall;
  readonly embeddings: Pick<Embeddings, "of">;
  readonly model: (id: ModelId) => Model | undefined;
  readonly baseline: () => Model | null;
  readonly append: (fact: Fact) => void;
  readonly run: Run;
  /** Milliseconds that a whole request may take, by the model that is chosen for it. */
  readonly totalMs: (model: ModelId) => number;
  /** Whether prompts and answers are kept beside their traces. */
  readonly storeText: () => boolean;
}

/** The way of a request: admitted, recalled or else decided and run, and told in facts. Always ends in exactly one trace. */
export function answering(deps: AnswerDeps): Serve {
  return (request, scope) => {
    const story = new Story(deps, request, scope);
    const place = deps.recall.place(request);
    const known = place && story.recall(place);
    if (known) return new Prefixed<Event>([opening(known.decision, known.state)], story.tell(known.events));
    const decision = story.decide();
    if ("code" in decision) {
      story.end("error", decision, null);
      return new Prefixed<Event>([{ type: "error", fault: decision }], null);
    }
    const progress: Progress = {
      decision,
      attempts: 0,
      savedMs: null,
      recalled: null,
      fellBack: false,
      orphaned: false,
    };
    const deadlineMs = deps.totalMs(decision.model);
    const question = place?.read ? place.question : null;
    const accept = request.body?.wire ?? null;
    story.progress = progress;
    if (place === null) {
      const running: Running = { request, question, embedding: null, accept, deadlineMs, progress };
      const events = deps.run(decision.plan, running, scope, "primary");
      return new Prefixed<Event>([opening(decision, "off")], story.tell(events));
    }
    const own = scope.apart(); // others may read on when this one has left
    const embedding = place.question && deps.embeddings.of(place.question, request, progress, own);
    const running: Running = { request, question, embedding, accept, deadlineMs, progress };
    const plan: Plan = question ? { do: "recall", next: decision.plan } : decision.plan;
    const events = deps.run(plan, running, own, "primary");
    const shared = deps.recall.begin(place, running, events, own, scope);
    return new Prefixed<Event>([opening(decision, "miss")], story.tell(shared));
  };
}

const opening = (decision: Decision, cache: CacheState): Event => ({ type: "decision", decision, cache });

/** What is told of one request. */
class Story {
  readonly #collector: TextCollector | null;
  readonly #deps: AnswerDeps;
  readonly #request: Request;
  readonly #scope: Scope;
  progress: Progress | null = null;
  #cache: CacheState = "off";
  #known: Known | null = null;
  #usage: Usage | null = null;
  #model: ModelId | null = null;
  #conversation: string | null = null;
  #over = false;
  #ttftMs: number | null = null;
  /** The attempt whose events come through. */
  #attempt: number | null = null;

  constructor(deps: AnswerDeps, request: Request, scope: Scope) {
    this.#deps = deps;
    this.#request = request;
    this.#scope = scope;
    this.#collector = deps.storeText() ? new TextCollector() : null;
    const { origin, prompt } = request;
    deps.append({
      type: "started",
      id: request.id,
      atMs: origin.atMs,
      trace: {
        surface: origin.surface,
        wire: origin.wire,
        kind: request.kind,
        stream: request.stream,
        client: origin.client,
        workspace: origin.workspace,
        session: origin.session,
        messages: prompt.kind === "chat" ? prompt.messages.length : 0,
        chars: charsOf(prompt),
        privacy: request.egress,
      },
    });
    scope.span("admit", 0);
  }

  /** What is there already, or on its way. */
  recall(place: Place): Known | null {
    this.#cache = "miss";
    const startMs = this.#scope.elapsed();
    const known = this.#deps.recall.find(place, this.#scope);
    this.#scope.span("recall", startMs);
    if (known === null) return null;
    this.#known = known;
    this.#cache = known.state;
    this.decided(known.decision);
    return known;
  }

  /** Tells of the events on their way. */
  tell(events: Stream): Stream {
    return mapStream(
      events,
      (event) => this.note(event),
      () => this.end("cancelled", fault("cancelled", "Its reader left."), null), // only when nothing else ended it
    );
  }

  decide(): Decision | Fault {
    const startMs = this.#scope.elapsed();
    const { read, conversations } = this.#deps;
    this.#conversation = conversationOf(this.#request);
    const last = this.#conversation === null ? null : conversations.last(this.#conversation);
    const features = featuresOf(this.#request, read, last);
    const result = decide(features, this.#deps.snapshot());
    this.#scope.span("decide", startMs);
    if ("fault" in result) {
      this.#cache = "off"; // as the client is told: there was nothing to look for
      return result.fault;
    }
    const us = Math.round((this.#scope.elapsed() - startMs) * 1000);
    const { route, model, task, difficulty, stage, confidence, reason, plan, arm } = result.ok;
    const score = four(result.ok.score);
    const decision: Decision = { route, model, task, difficulty, stage, score, confidence, reason, us, plan, arm };
    this.decided(decision, storable(features));
    return decision;
  }

  /** Tells of an event on its way. */
  note(event: Event): Event {
    switch (event.type) {
      case "decision":
        if (this.#known === null) this.#cache = event.cache ?? this.#cache;
        this.decided(event.decision);
        break;
      case "text":
      case "bytes":
        this.#collector?.push(event, this.#request.stream);
        break;
      case "done":
        this.#attempt ??= (this.progress?.attempts ?? 1) - 1;
        this.end("ok", null, event.stop);
        break;
      case "error":
        this.end(event.fault.code === "cancelled" ? "cancelled" : "error", event.fault, null);
        break;
      case "start":
        this.#attempt = event.attempt;
        this.#model = event.model;
        break;
      case "usage":
        this.#usage = event.usage;
        break;
      case "first":
        this.#ttftMs = this.#scope.elapsed();
        this.#attempt ??= (this.progress?.attempts ?? 1) - 1;
        break;
      case "waiting":
      case "reasoning":
      case "tool-call":
      case "vectors":
        break;
    }
    return event;
  }

  #recalled(): Ended["recalled"] {
    const alike = this.progress?.recalled ?? null;
    const from = this.#known ?? alike;
    if (from === null) return null;
    const { trace, ageMs, tookMs } = from;
    const savedMs = this.#known?.state === "joined" ? tookMs : Math.max(0, tookMs - this.#scope.elapsed());
    const model = this.#model === null ? null : this.#deps.model(this.#model);
    return {
      from: { trace, ageMs, similarity: alike?.similarity ?? null, savedMs, savedNanos: priced(this.#usage, model) },
      baselineNanos: priced(this.#usage, this.#deps.baseline()),
      estimated: this.#usage?.source === "estimate",
    };
  }

  decided(d: Decision, features: TraceFeatures | null = null): void {
    const { route, model, task, difficulty, stage, score, confidence, reason, us, arm } = d;
    const decision: TraceDecision = { route, model, task, difficulty, stage, score, confidence, reason, us };
    this.#deps.append({ type: "decided", id: this.#request.id, decision, features, arm });
  }

  end(status: Ended["status"], f: Fault | null, finish: string | null): void {
    if (this.#over) return;
    this.#over = true;
    // What an editor asks by itself stands beside the conversation.
    const beside = this.progress?.decision.route === "meta";
    if (status === "ok" && this.#known === null && this.#conversation !== null && this.#model !== null && !beside)
      this.#deps.conversations.answered(this.#conversation, this.#model);
    this.#deps.append({
      type: "ended",
      id: this.#request.id,
      status,
      error: f === null ? null : { code: f.code, message: f.message },
      finish,
      totalMs: this.#scope.elapsed(),
      ttftMs: this.#ttftMs,
      delivered: this.#ttftMs === null && status !== "ok" ? null : this.#attempt, // an answer may be empty
      cache: this.#cache,
      recalled: status === "ok" ? this.#recalled() : null, // nobody saves by failing, or by leaving
      savedMs: status === "ok" ? (this.progress?.savedMs ?? null) : noneSaved(this.progress),
      spans: this.#scope.spans.slice() as Span<SpanName>[], // a judge that isn't waited for adds its own later
      ...(this.#collector ? { text: { prompt: promptText(this.#request), answer: this.#collector.text } } : {}),
    });
  }
}

/** What an answer cost that was given `usage`, or null where that isn't known. */
const priced = (usage: Usage | null, model: Model | null | undefined): number | null =>
  usage === null || !model ? null : costNanos(usage, model.prices);

/** An answer that failed, or that nobody waited for, came no sooner. */
const noneSaved = (progress: Progress | null): Trace["savedMs"] =>
  progress?.savedMs ? { speculation: 0, hedge: 0 } : null;

function promptText({ prompt }: Request): string {
  switch (prompt.kind) {
    case "chat":
      return JSON.stringify(prompt.messages);
    case "fill":
      return prompt.prefix + (prompt.suffix === null ? "" : `\u2038${prompt.suffix}`);
    case "texts":
      return JSON.stringify(prompt.texts);
  }
}
