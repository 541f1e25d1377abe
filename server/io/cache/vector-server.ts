import { setPriority } from "node:os";
import { messageOf } from "../../kit/log.ts";
import { VectorIndex } from "./vector-index.ts";
import type { AddJob, FromWorker, SearchJob, ToWorker } from "./vector-messages.ts";

/** A text's vector, of any length other than 0. */
export type Embed = (text: string) => Promise<Float32Array>;

export interface Port {
  on(event: "message", hear: (message: ToWorker) => void): unknown;
  postMessage(message: FromWorker): void;
  close(): void;
}

export interface ServerOptions {
  readonly maxEntries: number;
  /** Called once, with the start. */
  readonly load: () => Promise<Embed>;
}

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
  readonly #embed: Promise<Embed | null>;
  /** By text; the least recently used first. */
  readonly #memo = new Map<string, Float32Array>();
  /** Made with the first vector, whose length is that of all. */
  #index: VectorIndex | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(port: Port, { maxEntries, load }: ServerOptions) {
    this.#port = port;
    this.#maxEntries = maxEntries;
    const begun = performance.now();
    this.#embed = load().then(
      (embed) => {
        port.postMessage({ type: "ready", ms: performance.now() - begun });
        return embed;
      },
      (e: unknown) => {
        port.postMessage({ type: "failed", why: messageOf(e) });
        port.close();
        return null;
      },
    );
  }

  hear(message: ToWorker): void {
    this.#last = this.#last.then(() => this.#work(message));
  }

  async #work(message: ToWorker): Promise<void> {
    if (message.type === "remove") {
      for (const id of message.ids) this.#index?.remove(id);
      this.#port.postMessage({ type: "size", size: this.#index?.size ?? 0 });
      return;
    }
    const embed = await this.#embed;
    if (embed === null) return;
    try {
      const found = await this.#do(message, embed);
      this.#port.postMessage({ type: "done", found, size: this.#index?.size ?? 0 });
    } catch (e) {
      this.#port.postMessage({ type: "done", found: [], size: this.#index?.size ?? 0, why: messageOf(e) });
    }
  }

  async #do(job: AddJob | SearchJob, embed: Embed) {
    const vector = await this.#vectorOf(job.text, embed);
    if (job.type === "search") return this.#index?.search(job.scope, vector, job) ?? [];
    this.#index ??= new VectorIndex({ dimensions: vector.length, maxEntries: this.#maxEntries });
    this.#index.add(job.id, job.scope, vector);
    return [];
  }

  async #vectorOf(text: string, embed: Embed): Promise<Float32Array> {
    const known = this.#memo.get(text);
    const vector = known ?? (await embed(text));
    this.#memo.delete(text);
    this.#memo.set(text, vector);
    if (this.#memo.size > remembered) this.#memo.delete(this.#memo.keys().next().value!);
    return vector;
  }
}
