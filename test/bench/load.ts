import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Where to send requests, and how. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly body: string;
  /** The body of each request, in place of the one. */
  readonly vary?: () => string;
}

/** What a number of requests took: milliseconds each, to the first byte of the body and to the end, and requests a second. */
export interface Took {
  readonly firstMs: Float64Array;
  readonly totalMs: Float64Array;
  readonly perSecond: number;
}

/**
 * Sends `count` requests over `connections` kept-alive sockets, one at a time on each. Any answer but 200 throws.
 * The connections begin `staggerMs` apart, so that a paced upstream's tokens don't all fall together.
 */
export async function load(target: Target, connections: number, count: number, staggerMs = 0): Promise<Took> {
  const requestOf = (body: string) =>
    Buffer.from(
      `POST ${target.path} HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\nauthorization: Bearer ${target.token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  const usual = requestOf(target.body);
  const lines = await Promise.all(Array.from({ length: connections }, () => Line.open(target.port)));
  const firstMs = new Float64Array(count);
  const totalMs = new Float64Array(count);
  let next = 0;
  const begun = performance.now();
  try {
    await Promise.all(
      lines.map(async (line, n) => {
        if (staggerMs > 0) await sleep(n * staggerMs);
        while (next < count) {
          const i = next++;
          const request = target.vary ? requestOf(target.vary()) : usual;
          const at = performance.now();
          await line.ask(request);
          firstMs[i] = line.firstAt - at;
          totalMs[i] = performance.now() - at;
        }
      }),
    );
  } finally {
    for (const line of lines) line.close();
  }
  return { firstMs, totalMs, perSecond: count / ((performance.now() - begun) / 1000) };
}

/** One connection: reads an answer by its length or its chunks, and keeps nothing of it. */
class Line {
  firstAt = 0;
  readonly #socket: Socket;
  #resolve: (() => void) | null = null;
  #reject: ((e: Error) => void) | null = null;
  #held: Buffer = empty;
  /** Bytes of the body to come; null while the head is read. */
  #due: number | null = null;
  #chunked = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => this.#read(data));
    socket.on("error", (e) => this.#reject?.(e));
    socket.on("close", () => this.#reject?.(new Error("the connection was closed in the middle of an answer")));
  }

  static open(port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Line(socket)));
      socket.once("error", reject);
    });
  }

  ask(request: Buffer): Promise<void> {
    this.firstAt = 0;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#reject = null;
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    this.#held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    if (this.#due === null && !this.#readHead()) return;
    if (this.firstAt === 0 && this.#held.length > 0) this.firstAt = performance.now();
    if (this.#chunked ? this.#readChunks() : this.#readLength()) this.#finish();
  }

  #readHead(): boolean {
    const end = this.#held.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#held.toString("latin1", 0, end).toLowerCase();
    if (!head.startsWith("http/1.1 200")) {
      this.#reject?.(new Error(`answered: ${this.#held.toString("utf8").slice(0, 500)}`));
      return false;
    }
    this.#held = this.#held.subarray(end + 4);
    this.#chunked = head.includes("transfer-encoding: chunked");
    this.#due = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
    return true;
  }

  #readLength(): boolean {
    this.#due! -= this.#held.length;
    this.#held = empty;
    return this.#due! <= 0;
  }

  #readChunks(): boolean {
    let at = 0;
    for (;;) {
      const end = this.#held.indexOf("\r\n", at);
      const size = end < 0 ? Number.NaN : Number.parseInt(this.#held.toString("latin1", at, end), 16);
      const after = end + 2 + size + 2;
      if (Number.isNaN(size) || after > this.#held.length) {
        this.#held = this.#held.subarray(at);
        return false;
      }
      at = after;
      if (size === 0) {
        this.#held = empty;
        return true;
      }
    }
  }

  #finish(): void {
    this.#due = null;
    this.#reject = null;
    this.#resolve?.();
  }
}

const empty = Buffer.alloc(0);
