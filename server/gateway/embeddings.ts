import { answered, stopping } from "../domain/fault.ts";
import type { Embedding, Question } from "../domain/memory.ts";
import type { ModelId } from "../domain/model.ts";
import type { Request } from "../domain/request.ts";
import type { Scope } from "../kit/scope.ts";
import { each } from "../kit/stream.ts";
import type { Attempt } from "./run/run.ts";
import type { Progress, Running } from "./running.ts";

/** The model of the user's own that gives vectors. */
export interface Embedder {
  readonly model: ModelId;
  /** Only vectors of one space can be compared. */
  readonly space: string;
}

export interface EmbeddingsDeps {
  /** Null: the packaged model gives them. */
  readonly embedder: () => Embedder | null;
  readonly attempt: Attempt;
  /** False: it makes no vectors, or keeps failing. Nobody shall wait for it now. */
  readonly usable: (model: ModelId) => boolean;
}

/** Asks the user's own model for the vectors of questions. Each is an attempt of the request that asks, like any other. */
export class Embeddings {
  readonly #deps: EmbeddingsDeps;
  /** Calls that are still out, some of requests that have ended. */
  readonly #out = new Set<Scope>();
  #closed = false;

  constructor(deps: EmbeddingsDeps) {
    this.#deps = deps;
  }

  /** `scope`: that of the answer. A call ends with it, unless the answer is whole. */
  of({ text }: Question, request: Request, progress: Progress, scope: Scope): Embedding | null {
    const embedder = this.#deps.embedder();
    if (embedder === null) return null;
    const { model, space } = embedder;
    let asked: Promise<Float32Array | null> | null = null;
    return {
      space,
      vector: (withinMs) => {
        const priority = scope.ended ? "batch" : (request.wishes.priority ?? "interactive");
        asked ??= this.#ask(asking(request, model, text, priority), progress, withinMs, scope);
        return asked;
      },
    };
  }

  /** The daemon stops: nobody will compare what they give. */
  close(): void {
    this.#closed = true;
    for (const scope of [...this.#out]) scope.end(stopping);
  }

  async #ask(request: Request, progress: Progress, withinMs: number, scope: Scope): Promise<Float32Array | null> {
    const { model } = request.wishes;
    if (this.#closed || !this.#deps.usable(model)) return null;
    const own = scope.apart();
    const left = (why: string): void => {
      if (why !== answered) own.end(why);
    };
    scope.onEnd(left);
    this.#out.add(own);
    const deadlineMs = own.elapsed() + withinMs;
    const call: Running = { request, question: null, embedding: null, accept: null, deadlineMs, withinMs, progress };
    let vector: Float32Array | null = null;
    try {
      await each(this.#deps.attempt(call, model, "enrich", own), (event) => {
        if (event.type === "vectors") vector = event.vectors[0] ?? null;
        else if (event.type === "error") vector = null;
      });
      return vector;
    } catch {
      return null; // streams don't throw; should one, it is no more than a miss
    } finally {
      scope.offEnd(left);
      this.#out.delete(own);
      own.end("embedded");
    }
  }
}

/** A request for a text's vector on behalf of another: under its verdict, and in its name. */
const asking = (
  { id, origin, egress }: Request,
  model: ModelId,
  text: string,
  priority: "interactive" | "batch",
): Request => ({
  id,
  kind: "embedding",
  stream: false,
  origin,
  wishes: { model, priority, sampling: {}, needs: ["embeddings"] },
  egress,
  prompt: { kind: "texts", texts: [text] },
});
