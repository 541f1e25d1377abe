import { answered, stopping, tooSlow } from "../domain/fault.ts";
import type { Model, ModelId } from "../domain/model.ts";
import { firstModel, type Judgement, type Plan } from "../domain/plan.ts";
import type { Clock } from "../kit/clock.ts";
import type { Scope } from "../kit/scope.ts";
import { each } from "../kit/stream.ts";
import { judgingRequest, questionOf, readJudgement } from "../logic/routing/judge.ts";
import type { Asked, Judge, Verdict } from "./run/gate.ts";
import type { Run } from "./run/run.ts";
import type { Running } from "./running.ts";

/** Verdicts remembered, and for how long. */
const memory = { most: 1_000, ms: 300_000 };

/** Asks a small model about doubtful questions, and remembers what it said. */
export class AskingJudge implements Judge {
  readonly #clock: Clock;
  readonly #model: (id: ModelId) => Model | undefined;
  /** By question, oldest first. */
  readonly #said = new Map<string, { readonly judgement: Judgement; readonly atMs: number }>();
  /** Calls that are still out, some of requests that have ended. */
  readonly #out = new Set<Scope>();

  constructor(clock: Clock, model: (id: ModelId) => Model | undefined) {
    this.#clock = clock;
    this.#model = model;
  }

  recall({ request }: Running): Judgement | null {
    if (this.#said.size === 0) return null;
    const found = this.#said.get(questionOf(request).key);
    return found && this.#clock.now() - found.atMs < memory.ms ? found.judgement : null;
  }

  ask(plan: Plan, running: Running, scope: Scope, run: Run): Asked {
    const model = this.#model(firstModel(plan));
    if (!model) return { verdict: Promise.resolve({ silent: "the judge is configured no longer" }), giveUp: () => {} };
    const own = scope.apart();
    let begun = false;
    const call: Running = {
      ...running,
      ...judgingRequest(running.request, model),
      onBegun: () => {
        begun = true;
      },
    };
    const left = (why: string): void => {
      if (why !== answered) own.end(why);
    };
    scope.onEnd(left);
    this.#out.add(own);
    const verdict = this.#listen(plan, call, own, run, questionOf(running.request).key).finally(() => {
      scope.offEnd(left);
      this.#out.delete(own);
      own.end("judged");
    });
    const giveUp = (crowded: boolean): void => {
      if (!begun) own.end("the guess stands");
      else if (crowded) own.end(tooSlow);
    };
    return { verdict, giveUp };
  }

  /** The daemon stops: nobody will hear what they say. */
  close(): void {
    for (const scope of [...this.#out]) scope.end(stopping);
  }

  async #listen(plan: Plan, call: Running, scope: Scope, run: Run, key: string): Promise<Verdict> {
    let text = "";
    let failed: string | null = null;
    await each(run(plan, call, scope, "judge"), (event) => {
      if (event.type === "text") text += event.text;
      else if (event.type === "bytes") text += Buffer.from(event.data).toString("utf8");
      else if (event.type === "error") failed = event.fault.message;
    });
    if (failed !== null) return { silent: `the judge could not be asked (${failed})` };
    const judgement = readJudgement(text);
    if (judgement === null) return { silent: "the judge gave no verdict" };
    this.#remember(key, judgement);
    return { said: judgement };
  }

  #remember(key: string, judgement: Judgement): void {
    this.#said.delete(key);
    this.#said.set(key, { judgement, atMs: this.#clock.now() });
    if (this.#said.size > memory.most) this.#said.delete(this.#said.keys().next().value!);
  }
}
