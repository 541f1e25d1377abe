import { setPriority } from "node:os";
import { messageOf } from "../../kit/log.ts";
import { VectorIndex } from "./vector-index.ts";
import type { AddJob, Found, FromWorker, SearchJob, ToWorker } from "./vector-messages.ts";

/** A text's vector, of any length other than 0. */
export type Embed = (text: string) => Promise<Float32Array>;

export interface Port {
  on(event: "message", hear: (message: ToWorker) => void): unknown;
  postMessage(message: FromWorker): void;
  close(): void;
}

export interface ServerOptions {
  readonly maxEntries: number;
  /** Called once, with the first text: vectors that are given need no model. */
  readonly load: () => Promise<Embed>;
}

/** Numbers that the index holds at most: 200 MB, 100,000 vectors of the packaged model. */
const mostNumbers = 51_200_000;
/** A question that missed is added soon after: its vector is still here then. */
const remembered = 256;

/** The worker's side: embeds, remembers and searches, one message after the other. */
export function serveVectors(port: Port, options: ServerOptions): void {
  giveWay();
  const server = new VectorServer(port, options);
  port.on("message", (message) => server.hear(message));
}

/** On Linux the priority is the thread's alone: what serves requests goes first. */
function giveWay(): void {
  try {
    if (process.platform === "linux") setPriority(0, 5);
  } catch {
    // not allowed here: it works without
  }
}

class VectorServer {
  readonly #port: Port;
  readonly #maxEntries: number;
  readonly #load: () => Promise<Embed>;
  #embed: Promise<Embed | null> | null = null;
  /** By text; the least recently used first. */
  readonly #memo = new Map<string, Float32Array>();
  /** Made with the first vector: all have its length. */
  #index: VectorIndex | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(port: Port, { maxEntries, load }: ServerOptions) {
    this.#port = port;
    this.#maxEntries = maxEntries;
    this.#load = load;
  }

  #loaded(): Promise<Embed | null> {
    const begun = performance.now();
    this.#embed ??= this.#load().then(
      (embed) => {
        this.#port.postMessage({ type: "ready", ms: performance.now() - begun });
        return embed;
      },
      (e: unknown) => {
        this.#port.postMessage({ type: "failed", why: messageOf(e) });
        this.#port.close();
        return null;
      },
    );
    return this.#embed;
  }

  hear(message: ToWorker): void {
    this.#last = this.#last.then(() => this.#work(message));
  }

  async #work(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "remove":
        for (const id of message.ids) this.#index?.remove(id);
        return this.#port.postMessage({ type: "size", size: this.#size });
      case "clear":
        this.#index = null;
        this.#memo.clear();
        return this.#port.postMessage({ type: "size", size: 0 });
      case "add":
      case "search":
        return this.#answer(message);
    }
  }

  get #size(): number {
    return this.#index?.size ?? 0;
  }

  async #answer(job: AddJob | SearchJob): Promise<void> {
    try {
      const vector = typeof job.sense === "string" ? await this.#vectorOf(job.sense) : job.sense;
      if (vector === null) return; // there is no model, and soon no worker
      const found = this.#do(job, vector);
      this.#port.postMessage({ type: "done", found, size: this.#size });
    } catch (e) {
      this.#port.postMessage({ type: "done", found: [], size: this.#size, why: messageOf(e) });
    }
  }

  #do(job: AddJob | SearchJob, vector: Float32Array): readonly Found[] {
    if (job.type === "search") return this.#index?.search(job.scope, vector, job) ?? [];
    this.#indexFor(vector.length).add(job.id, job.scope, vector);
    return [];
  }

  /** Should an endpoint give vectors of another length all at once, those of before can't be compared with them. */
  #indexFor(dimensions: number): VectorIndex {
    if (this.#index?.dimensions === dimensions) return this.#index;
    const maxEntries = Math.min(this.#maxEntries, Math.floor(mostNumbers / dimensions));
    this.#index = new VectorIndex({ dimensions, maxEntries });
    return this.#index;
  }

  async #vectorOf(text: string): Promise<Float32Array | null> {
    const embed = await this.#loaded();
    if (embed === null) return null;
    const known = this.#memo.get(text);
    const vector = known ?? (await embed(text));
    this.#memo.delete(text);
    this.#memo.set(text, vector);
    if (this.#memo.size > remembered) this.#memo.delete(this.#memo.keys().next().value!);
    return vector;
  }
}
