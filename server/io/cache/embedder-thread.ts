import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../kit/clock.ts";
import { type Log, messageOf } from "../../kit/log.ts";
import type { AddJob, Found, FromWorker, SearchJob, ToWorker, WorkerSettings } from "./vector-messages.ts";

export interface EmbedderThreadOptions {
  readonly entry: string | URL;
  readonly log: Log;
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  /** The job is over. */
  readonly done: (found: readonly Found[], why: string | undefined) => void;
  /** The worker has ended, and with it the job that it was at. */
  readonly lost: () => void;
}

const maxRestarts = 3;
/** A job that takes longer is taken for stuck. The longest text takes a tenth of a second, loading half of one. */
const silenceMs = 30_000;

/** The worker: started with the first job, and a few times again after it ended by itself. */
export class EmbedderThread {
  readonly #options: EmbedderThreadOptions;
  #worker: Worker | null = null;
  #silence: Timer | null = null;
  #starts = 0;
  #size = 0;
  #problem: string | null = null;
  #closed = false;

  constructor(options: EmbedderThreadOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Gives the worker a job, the only one at a time. False: there is no worker to be had. */
  send(job: AddJob | SearchJob): boolean {
    const worker = this.#worker ?? this.#start();
    if (worker === null) return false;
    this.#silence = this.#options.clock.after(silenceMs, () => this.#ended(worker, "was stuck"));
    this.#post(worker, job);
    return true;
  }

  remove(ids: readonly number[]): void {
    if (this.#worker) this.#post(this.#worker, { type: "remove", ids });
  }

  clear(): void {
    if (this.#worker) this.#post(this.#worker, { type: "clear" });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) return;
    this.#ended(worker, "is shutting down");
    await worker.terminate();
  }

  #post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  #start(): Worker | null {
    if (this.#closed || this.#starts > maxRestarts) return null;
    this.#starts++;
    const { entry, settings, log } = this.#options;
    try {
      const worker = new Worker(entry, {
        workerData: settings,
        env: {}, // it needs none of the user's keys
        name: "embedder",
        stdout: true, // the daemon's own is for programs
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 4 }, // vectors and weights lie outside the heap
      });
      let error: string | null = null;
      worker.stdout.resume();
      worker.stderr.on("data", (text) => log("debug", "the sentence model says", { text: String(text).trim() }));
      worker.on("message", (message: FromWorker) => this.#hear(worker, message));
      worker.on("error", (e) => {
        error = messageOf(e);
      });
      worker.on("exit", (code) => this.#ended(worker, error ?? `ended with code ${code}`));
      worker.unref(); // never a reason for the process to stay
      this.#worker = worker;
      return worker;
    } catch (e) {
      this.#tell(messageOf(e));
      return null;
    }
  }

  #hear(worker: Worker, message: FromWorker): void {
    if (this.#worker !== worker) return;
    switch (message.type) {
      case "ready":
        this.#problem = null;
        this.#options.log("info", "the sentence model is loaded", { ms: Math.round(message.ms) });
        return;
      case "failed":
        this.#ended(worker, message.why);
        return;
      case "size":
        this.#size = message.size;
        return;
      case "done":
        this.#silence?.cancel();
        this.#size = message.size;
        if (message.why === undefined) this.#problem = null;
        this.#options.done(message.found, message.why);
        return;
    }
  }

  #ended(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#silence?.cancel();
    this.#size = 0;
    if (!this.#closed) {
      this.#tell(why);
      void worker.terminate();
    }
    this.#options.lost();
  }

  #tell(why: string): void {
    const left = maxRestarts + 1 - this.#starts;
    this.#problem = `Similar questions aren't found: the sentence model ${left > 0 ? "failed" : "failed too often"} (${why}).`;
    this.#options.log("error", "the sentence model's worker failed", { why, left });
  }
}
