import type { Event, Stream } from "../../domain/event.ts";
import type { ModelId } from "../../domain/model.ts";
import { continued } from "../../domain/request.ts";
import type { Scope } from "../../kit/scope.ts";
import type { Reader } from "../../kit/stream.ts";
import { TextCollector } from "../../logic/wires/text.ts";
import type { Running } from "../running.ts";
import type { Run } from "./run.ts";

type Result = IteratorResult<Event, undefined>;

/**
 * A streamed answer that goes on where it broke off: a model that can is given the text so far, and writes the rest. Only
 * where the user allowed it, since the joint can be seen.
 */
export class Continued implements Reader<Event> {
  #source: Stream;
  readonly #models: ModelId[];
  readonly #running: Running;
  readonly #scope: Scope;
  readonly #run: Run;
  readonly #text = new TextCollector();

  constructor(source: Stream, models: readonly ModelId[], running: Running, scope: Scope, run: Run) {
    this.#source = source;
    this.#models = [...models];
    this.#running = running;
    this.#scope = scope;
    this.#run = run;
  }

  ready(): Result | null {
    for (;;) {
      const r = this.#source.ready();
      const passed = r && this.#look(r);
      if (passed !== "skip") return passed;
    }
  }

  async next(): Promise<Result> {
    for (;;) {
      const passed = this.#look(await this.#source.next());
      if (passed !== "skip") return passed;
    }
  }

  return(): Promise<Result> {
    return this.#source.return?.() ?? Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #look(r: Result): Result | "skip" {
    if (r.done) return r;
    const event = r.value;
    switch (event.type) {
      case "text":
      case "bytes":
        this.#text.push(event, true);
        return r;
      case "error":
        return this.#goOn(event) ?? r;
      case "first":
        return "skip"; // the answer began long ago
      case "decision":
      case "start":
      case "waiting":
      case "reasoning":
      case "tool-call":
      case "vectors":
      case "usage":
      case "done":
        return r;
    }
  }

  /** Says who goes on, or null when nobody can. */
  #goOn({ fault }: Extract<Event, { type: "error" }>): Result | null {
    const { progress, request } = this.#running;
    const model = this.#models.shift();
    if (model === undefined || this.#scope.ended || fault.retry === "never") return null;
    if (this.#text.text === "" || this.#text.full) return null;
    const running = { ...this.#running, request: continued(request, this.#text.text), accept: null };
    this.#source = this.#run({ do: "call", model }, running, this.#scope, "fallback");
    const reason = `${progress.decision.model} broke off (${fault.code}): ${model} goes on from there`;
    progress.decision = { ...progress.decision, model, reason };
    return { value: { type: "decision", decision: progress.decision }, done: false };
  }
}
