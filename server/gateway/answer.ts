import type { Decision } from "../domain/decision.ts";
import type { Event, Serve } from "../domain/event.ts";
import type { Ended, Fact } from "../domain/fact.ts";
import { type Fault, fault } from "../domain/fault.ts";
import type { ModelId } from "../domain/model.ts";
import { charsOf, type Request } from "../domain/request.ts";
import type { Scope, Span } from "../kit/scope.ts";
import { mapStream, Prefixed } from "../kit/stream.ts";
import { decide } from "../logic/routing/decide.ts";
import { featuresOf } from "../logic/routing/features.ts";
import type { Snapshot } from "../logic/routing/snapshot.ts";
import { TextCollector } from "../logic/wires/text.ts";
import type { SpanName, Trace, TraceDecision } from "../protocol/trace.ts";
import type { Run } from "./run/run.ts";
import type { Progress, Running } from "./running.ts";

export interface AnswerDeps {
  readonly snapshot: () => Snapshot;
  readonly append: (fact: Fact) => void;
  readonly run: Run;
  /** Milliseconds that a whole request may take, by the model that is chosen for it. */
  readonly totalMs: (model: ModelId) => number;
  /** Whether prompts and answers are kept beside their traces. */
  readonly storeText: () => boolean;
}

/** The way of a request: admitted, decided, run, and told in facts. Always ends in exactly one trace. */
export function answering(deps: AnswerDeps): Serve {
  return (request, scope) => {
    const story = new Story(deps, request, scope);
    const decision = story.decide();
    if ("code" in decision) {
      story.end("error", decision, null);
      return new Prefixed<Event>([{ type: "error", fault: decision }], null);
    }
    const progress: Progress = { decision, attempts: 0, savedMs: null };
    const deadlineMs = deps.totalMs(decision.model);
    const running: Running = { request, accept: request.body?.wire ?? null, deadlineMs, progress };
    story.progress = progress;
    const events = mapStream(
      deps.run(decision.plan, running, scope, "primary"),
      (event) => story.note(event),
      () => story.end("cancelled", fault("cancelled", "Its reader left."), null), // only when nothing else ended it
    );
    return new Prefixed<Event>([{ type: "decision", decision }], events);
  };
}

/** What is told of one request. */
class Story {
  readonly #collector: TextCollector | null;
  readonly #deps: AnswerDeps;
  readonly #request: Request;
  readonly #scope: Scope;
  progress: Progress | null = null;
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

  decide(): Decision | Fault {
    const startMs = this.#scope.elapsed();
    const result = decide(featuresOf(this.#request), this.#deps.snapshot());
    this.#scope.span("decide", startMs);
    if ("fault" in result) return result.fault;
    const us = Math.round((this.#scope.elapsed() - startMs) * 1000);
    const { route, model, task, difficulty, stage, score, confidence, reason, plan } = result.ok;
    const decision: Decision = { route, model, task, difficulty, stage, score, confidence, reason, us, plan };
    this.decided(decision);
    return decision;
  }

  /** Tells of an event on its way. */
  note(event: Event): Event {
    switch (event.type) {
      case "decision":
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
        break;
      case "first":
        this.#ttftMs = this.#scope.elapsed();
        this.#attempt ??= (this.progress?.attempts ?? 1) - 1;
        break;
      case "waiting":
      case "reasoning":
      case "tool-call":
      case "usage":
        break;
    }
    return event;
  }

  decided({ route, model, task, difficulty, stage, score, confidence, reason, us }: Decision): void {
    const decision: TraceDecision = { route, model, task, difficulty, stage, score, confidence, reason, us };
    this.#deps.append({ type: "decided", id: this.#request.id, decision });
  }

  end(status: Ended["status"], f: Fault | null, finish: string | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#deps.append({
      type: "ended",
      id: this.#request.id,
      status,
      error: f === null ? null : { code: f.code, message: f.message },
      finish,
      totalMs: this.#scope.elapsed(),
      ttftMs: this.#ttftMs,
      delivered: this.#ttftMs === null && status !== "ok" ? null : this.#attempt, // an answer may be empty
      savedMs: status === "ok" ? (this.progress?.savedMs ?? null) : noneSaved(this.progress),
      spans: this.#scope.spans.slice() as Span<SpanName>[], // a judge that isn't waited for adds its own later
      ...(this.#collector ? { text: { prompt: promptText(this.#request), answer: this.#collector.text } } : {}),
    });
  }
}

/** An answer that failed, or that nobody waited for, came no sooner. */
const noneSaved = (progress: Progress | null): Trace["savedMs"] =>
  progress?.savedMs ? { speculation: 0, hedge: 0 } : null;

function promptText({ prompt }: Request): string {
  if (prompt.kind === "fill") return prompt.prefix + (prompt.suffix === null ? "" : `\u2038${prompt.suffix}`);
  return JSON.stringify(prompt.messages);
}
