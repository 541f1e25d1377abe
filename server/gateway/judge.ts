import { answered } from "../domain/fault.ts";
import type { Model, ModelId } from "../domain/model.ts";
import { firstModel, type Judgement, type Plan } from "../domain/plan.ts";
import type { Clock } from "../kit/clock.ts";
import type { Scope } from "../kit/scope.ts";
import { each } from "../kit/stream.ts";
import { judgingRequest, questionOf, readJudgement } from "../logic/routing/judge.ts";
import type { Judge, Verdict } from "./run/gate.ts";
import type { Run } from "./run/run.ts";
import type { Running } from "./running.ts";

/** Milliseconds that a judge has for its word. The request waits for it less long; what comes later is remembered. */
const patienceMs = 5_000;
/** Verdicts remembered, and for how long. */
const memory = { most: 1_000, ms: 300_000 };

/** Asks a small model about doubtful questions, and remembers what it said. */
export class AskingJudge implements Judge {
  readonly #clock: Clock;
  readonly #model: (id: ModelId) => Model | undefined;
  /** By question, oldest first. */
  readonly #said = new Map<string, { readonly judgement: Judgement; readonly atMs: number }>();

  constructor(clock: Clock, model: (id: ModelId) => Model | undefined) {
    this.#clock = clock;
    this.#model = model;
  }

  recall({ request }: Running): Judgement | null {
    const found = this.#said.get(questionOf(request).key);
    return found && this.#clock.now() - found.atMs < memory.ms ? found.judgement : null;
  }

  async ask(plan: Plan, running: Running, scope: Scope, run: Run): Promise<Verdict> {
    const { key } = questionOf(running.request);
    const model = this.#model(firstModel(plan));
    if (!model) return { silent: "the judge is configured no longer" };
    const own = scope.apart();
    const left = (why: string): void => {
      if (why !== answered) own.end(why);
    };
    scope.onEnd(left);
    const timer = this.#clock.after(patienceMs, () => own.end(`the judge took longer than ${patienceMs} ms`));
    try {
      const verdict = await this.#listen(plan, { ...running, ...judgingRequest(running.request, model) }, own, run);
      if ("said" in verdict) this.#remember(key, verdict.said);
      return verdict;
    } finally {
      timer.cancel();
      scope.offEnd(left);
      own.end("judged");
    }
  }

  async #listen(plan: Plan, running: Running, scope: Scope, run: Run): Promise<Verdict> {
    let text = "";
    let failed: string | null = null;
    await each(run(plan, running, scope, "judge"), (event) => {
      if (event.type === "text") text += event.text;
      else if (event.type === "bytes") text += Buffer.from(event.data).toString("utf8");
      else if (event.type === "error") failed = event.fault.message;
    });
    if (failed !== null) return { silent: `the judge could not be asked (${failed})` };
    const judgement = readJudgement(text);
    return judgement === null ? { silent: "the judge gave no verdict" } : { said: judgement };
  }

  #remember(key: string, judgement: Judgement): void {
    this.#said.delete(key);
    this.#said.set(key, { judgement, atMs: this.#clock.now() });
    if (this.#said.size > memory.most) this.#said.delete(this.#said.keys().next().value!);
  }
}
