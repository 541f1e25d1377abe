import type { Clock, Timer } from "../../../../kit/clock.ts";
import type { EngineJob, EngineModel, EngineSettings, EngineTally, FromEngine } from "../../../../protocol/engine.ts";
import type { LoadedModel, LoadModel } from "./model.ts";
import { Cancelled, Refusal } from "./refusal.ts";

/** Models kept in memory at once; a third takes the place of the one that has been idle longest. */
const maxModels = 2;
/** When to try again after a refusal for want of room, in milliseconds. */
const comeBackMs = 1000;

interface Place {
  readonly spec: EngineModel;
  /** Null while it loads. */
  model: LoadedModel | null;
  leaving: boolean;
  active: number;
  idleSince: number;
  idle: Timer | null;
}

interface Running {
  readonly job: EngineJob;
  cancelled: boolean;
}

const keyOf = (spec: EngineModel): string => `${spec.contextSize ?? ""} ${spec.path}`;

/** Holds the models in memory and hands out their slots: first come, first served, within limits. */
export class Engine {
  readonly #settings: Pick<EngineSettings, "parallel" | "queue" | "idleSeconds">;
  readonly #load: LoadModel;
  readonly #send: (message: FromEngine) => void;
  readonly #clock: Clock;
  readonly #places = new Map<string, Place>();
  readonly #running = new Map<number, Running>();
  #waiting: EngineJob[] = [];
  #telling: Timer | null = null;
  readonly #counts = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0, aborted: 0, loads: 0, unloads: 0 };

  constructor(
    settings: Pick<EngineSettings, "parallel" | "queue" | "idleSeconds">,
    load: LoadModel,
    send: (message: FromEngine) => void,
    clock: Clock,
  ) {
    this.#settings = settings;
    this.#load = load;
    this.#send = send;
    this.#clock = clock;
  }

  tally(): EngineTally {
    const gauges = { active: this.#running.size, queued: this.#waiting.length, loaded: this.#places.size };
    return { ...this.#counts, ...gauges };
  }

  generate(job: EngineJob): void {
    this.#waiting.push(job);
    this.#pump();
    // Those at once served aren't waiting; those who wait for a model to load don't yet take the queue's places.
    if (this.#waiting.length > this.#capacity() && this.#waiting.at(-1) === job) {
      this.#waiting.pop();
      const message =
        `The embedded engine serves ${this.#settings.parallel} requests at once and ${this.#settings.queue} more are waiting. ` +
        "Try again in a moment, or raise `parallel` or `queue` of this provider.";
      this.#send({ type: "refused", id: job.id, code: "overloaded", message, afterMs: comeBackMs });
    } else if (this.#waiting.at(-1) === job) {
      this.#send({ type: "waiting", id: job.id, why: this.#whyWaiting(job) });
    }
    this.#tell();
  }

  cancel(id: number): void {
    const running = this.#running.get(id);
    if (running) running.cancelled = true; // it ends after the stretch of tokens that is being evaluated
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((job) => job.id !== id);
    if (this.#waiting.length < before) {
      this.#counts.aborted++;
      this.#tell();
    }
  }

  /** The queue's places, and those of slots that are about to be there. */
  #capacity(): number {
    let coming = 0;
    for (const place of this.#places.values()) if (place.model === null) coming += this.#settings.parallel;
    return this.#settings.queue + coming;
  }

  #whyWaiting(job: EngineJob): string {
    const place = this.#places.get(keyOf(job.model));
    if (place?.model === null) return `loading ${job.model.name}`;
    const before = this.#waiting.length - 1;
    return before === 0 ? "waiting for the request before it" : `waiting for ${before + 1} requests before it`;
  }

  /** Starts whatever can be started. */
  #pump(): void {
    for (const job of [...this.#waiting]) {
      const place = this.#places.get(keyOf(job.model));
      if (!place) {
        if (this.#makeRoom()) this.#fetch(job.model);
      } else if (place.model && !place.leaving && place.active < place.model.slots) {
        this.#waiting.splice(this.#waiting.indexOf(job), 1);
        void this.#serve(job, place, place.model);
      }
    }
  }

  /** True when one more model may be loaded; else the idlest is on its way out, if any can go. */
  #makeRoom(): boolean {
    if (this.#places.size < maxModels) return true;
    const wanted = new Set(this.#waiting.map((job) => keyOf(job.model)));
    let idlest: Place | null = null;
    for (const [key, place] of this.#places) {
      if (place.leaving) return false;
      if (place.model === null || place.active > 0 || wanted.has(key)) continue;
      if (idlest === null || place.idleSince < idlest.idleSince) idlest = place;
    }
    if (idlest) void this.#unload(idlest);
    return false;
  }

  #fetch(spec: EngineModel): void {
    const place: Place = { spec, model: null, leaving: false, active: 0, idleSince: this.#clock.now(), idle: null };
    const key = keyOf(spec);
    this.#places.set(key, place);
    let said = 0;
    const onProgress = (share: number) => {
      if (share < said + 0.25) return;
      said = share;
      this.#tellWaiting(key, `loading ${spec.name}: ${Math.round(share * 100)} %`);
    };
    this.#load(spec, onProgress)
      .then(
        (model) => {
          place.model = model;
          this.#counts.loads++;
          this.#rest(place);
        },
        (e: unknown) => {
          this.#places.delete(key);
          const mine = this.#waiting.filter((job) => keyOf(job.model) === key);
          this.#waiting = this.#waiting.filter((job) => keyOf(job.model) !== key);
          const refusal = loadFailure(spec, e);
          for (const job of mine) this.#send({ type: "refused", id: job.id, ...refusal });
        },
      )
      .finally(() => this.#turn());
  }

  #tellWaiting(key: string, why: string): void {
    for (const job of this.#waiting) {
      if (keyOf(job.model) === key) this.#send({ type: "waiting", id: job.id, why });
    }
  }

  async #serve(job: EngineJob, place: Place, model: LoadedModel): Promise<void> {
    const { id } = job;
    const running: Running = { job, cancelled: false };
    this.#running.set(id, running);
    place.active++;
    place.idle?.cancel();
    place.idle = null;
    this.#send({ type: "running", id });
    try {
      const ending = await model.run(job, {
        cancelled: () => running.cancelled,
        text: (text) => this.#send({ type: "text", id, text }),
        prompt: (evaluated, cached) => {
          this.#counts.promptTokens += evaluated;
          this.#counts.cachedTokens += cached;
          this.#tell();
        },
        generated: (tokens) => {
          this.#counts.generatedTokens += tokens;
          this.#tellSoon();
        },
      });
      this.#send({ type: "done", id, ...ending });
    } catch (e) {
      if (e instanceof Cancelled) this.#counts.aborted++;
      else this.#send({ type: "refused", id, ...failure(job.model, e) });
    } finally {
      this.#running.delete(id);
      place.active--;
      this.#rest(place);
      this.#turn();
    }
  }

  /** Begins the wait after which an idle model is unloaded. */
  #rest(place: Place): void {
    if (place.active > 0) return;
    place.idleSince = this.#clock.now();
    place.idle?.cancel();
    place.idle = this.#clock.after(this.#settings.idleSeconds * 1000, () => void this.#unload(place));
  }

  async #unload(place: Place): Promise<void> {
    if (place.leaving || place.active > 0 || !place.model) return;
    place.leaving = true;
    place.idle?.cancel();
    try {
      await place.model.dispose();
    } finally {
      this.#places.delete(keyOf(place.spec));
      this.#counts.unloads++;
      this.#turn();
    }
  }

  #turn(): void {
    this.#pump();
    this.#tell();
  }

  #tell(): void {
    this.#telling?.cancel();
    this.#telling = null;
    this.#send({ type: "tally", tally: this.tally() });
  }

  /** Not for every token. */
  #tellSoon(): void {
    this.#telling ??= this.#clock.after(50, () => this.#tell());
  }
}

type Refused = Omit<Extract<FromEngine, { type: "refused" }>, "type" | "id">;

function failure(model: EngineModel, e: unknown): Refused {
  if (e instanceof Refusal) {
    const { code, message, afterMs } = e;
    return afterMs === undefined ? { code, message } : { code, message, afterMs };
  }
  const why = e instanceof Error ? e.message : String(e);
  return { code: "upstream_error", message: `The embedded engine failed while running ${model.name}: ${why}` };
}

function loadFailure(model: EngineModel, e: unknown): Refused {
  if (e instanceof Refusal) return failure(model, e);
  const why = e instanceof Error ? e.message : String(e);
  return {
    code: "upstream_error",
    message: `${model.name} could not be loaded from ${model.path}: ${why} Pull it again, or choose a smaller model.`,
  };
}
