import { EventEmitter } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { selfSigned } from "./certificate.ts";
import { type Answer, done, embeddingsAnswer, event, streamedAnswer, type Wire, wholeAnswer } from "./wire.ts";

/**
 * Where an answer goes wrong. `accept`: the request is read, nothing is sent. `headers`: the head is sent, no content.
 * `middle`: half of the content is sent. For an answer that isn't streamed, `headers` and `middle` fall in its body.
 */
export type Phase = "accept" | "headers" | "middle";

/** What the fake does with one request; absent fields behave well. */
export interface Behaviour extends Partial<Answer> {
  /** The answer doesn't begin before this is over. */
  readonly after?: Promise<unknown>;
  /** Milliseconds before the head. */
  readonly headMs?: number;
  /** Milliseconds before the first content; before the whole answer when it isn't streamed. */
  readonly ttftMs?: number;
  /** Milliseconds between pieces of a stream. */
  readonly gapMs?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, in place of an answer. */
  readonly body?: string | Uint8Array;
  /** Written to the socket in place of anything of HTTP, and then the end. */
  readonly raw?: string;
  /** The TCP connection is reset. */
  readonly reset?: Phase;
  /** Nothing more is sent, and the connection stays open. */
  readonly stall?: Phase;
  /**
   * How a stream ends: without `[DONE]`, in the middle of an event, or with an error event. `line` and `comments` have no
   * end: after the content comes one line, or one keep-alive comment after the other, for ever; after a body, blanks.
   */
  readonly end?: "cut" | "half" | "error" | "line" | "comments";
  /** Pieces are written so that they split events, and characters, at awkward places. */
  readonly shred?: number;
}

/** One request as it came. */
export interface Seen {
  readonly n: number;
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly httpVersion: string;
  /** The body, byte for byte. */
  readonly raw: Buffer;
  readonly text: string;
  /** The body parsed, or an empty object. */
  readonly json: Readonly<Record<string, unknown>>;
  /** When it had come whole, by `performance.now()`. */
  readonly atMs: number;
  /** When its client closed before the answer was complete, or null. */
  closedMs: number | null;
  /** When the answer was complete, or null. */
  answeredMs: number | null;
}

export interface UpstreamOptions {
  /** HTTPS, with a certificate of its own and HTTP/2 offered. */
  readonly tls?: boolean;
  readonly models?: readonly string[];
  /** How many requests it says it serves at once, at `GET /props`; absent: it doesn't say. */
  readonly slots?: number;
  /** Absent: a free one. */
  readonly port?: number;
}

const usual: Answer = {
  chunks: ["Hello", " there", ", world", "."],
  reasoning: [],
  toolCalls: [],
  finish: "stop",
  usage: { input: 57, cachedInput: 32, output: 32, reasoning: 8 },
};

/** A cloud that speaks the OpenAI wire over real sockets and misbehaves as it is told to, request by request. */
export class Upstream implements AsyncDisposable {
  script: (seen: Seen) => Behaviour = () => ({});
  /** The vector of a text, at `POST /v1/embeddings`; a body that the script gives goes before it. */
  vectorOf: (text: string) => readonly number[] = () => [1, 0];
  readonly requests: Seen[] = [];
  /** How many TCP connections were made to it, ever. */
  connections = 0;
  /** Requests being answered now. */
  inFlight = 0;
  /** The most requests for an answer that were under way at once. */
  most = 0;
  /** Requests whose client closed before the answer was complete. */
  closed = 0;
  readonly #changes = new EventEmitter();
  readonly #server: http.Server | http2.Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #models: readonly string[];
  readonly #slots: number | null;
  #calling = 0;
  /** The certificate to trust, with `tls`. */
  readonly cert: string | null;
  readonly #tls: boolean;

  private constructor(options: UpstreamOptions) {
    this.#models = options.models ?? ["small-model", "large-model"];
    this.#slots = options.slots ?? null;
    this.#tls = options.tls ?? false;
    const handler = (req: http.IncomingMessage, res: http.ServerResponse) => void this.#answer(req, res);
    if (this.#tls) {
      const made = selfSigned();
      this.cert = made.cert;
      const server = http2.createSecureServer({ ...made, allowHTTP1: true });
      // The compatibility layer's request and response are used only through what they share with node:http's.
      server.on("request", (req, res) => handler(req as never, res as never));
      this.#server = server;
    } else {
      this.cert = null;
      this.#server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
    }
    this.#server.on(this.#tls ? "secureConnection" : "connection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {}); // a reset is what some tests are about
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#changes.emit("change");
      });
    });
    this.#changes.setMaxListeners(0);
  }

  static async start(options: UpstreamOptions = {}): Promise<Upstream> {
    const upstream = new Upstream(options);
    await new Promise<void>((resolve) => upstream.#server.listen(options.port ?? 0, "127.0.0.1", resolve));
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  /** For `baseUrl` of a provider. */
  get baseUrl(): string {
    return `${this.#tls ? "https" : "http"}://127.0.0.1:${this.port}/v1`;
  }
  /** Open TCP connections. */
  get open(): number {
    return this.#sockets.size;
  }
  get last(): Seen {
    const last = this.requests.at(-1);
    if (!last) throw new Error("the upstream has seen no request");
    return last;
  }
  /** The requests for an answer, without looks at the list of models. */
  get calls(): readonly Seen[] {
    return this.requests.filter((r) => r.method === "POST");
  }

  /** Forgets the requests and counters of earlier tests and behaves well again. */
  clear(): void {
    this.requests.length = 0;
    this.closed = 0;
    this.most = 0;
    this.script = () => ({});
    this.vectorOf = () => [1, 0];
  }

  /** Waits until `test` holds; rejects after `withinMs`, saying what was waited for. */
  async until(what: string, test: () => boolean, withinMs = 5_000): Promise<void> {
    if (test()) return;
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!test()) return;
        stop();
        resolve();
      };
      const late = setTimeout(() => {
        stop();
        const state = `${this.requests.length} requests, ${this.inFlight} in flight, ${this.closed} closed early`;
        reject(new Error(`the upstream waited ${withinMs} ms in vain for ${what} (${state})`));
      }, withinMs);
      const stop = () => {
        clearTimeout(late);
        this.#changes.off("change", check);
      };
      this.#changes.on("change", check);
    });
  }
  untilCalls = (n: number): Promise<void> => this.until(`${n} calls`, () => this.calls.length >= n);
  untilClosed = (n: number): Promise<void> => this.until(`${n} early closes`, () => this.closed >= n);
  untilIdle = (): Promise<void> => this.until("nothing in flight", () => this.inFlight === 0);

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of req) parts.push(part as Buffer);
    } catch {
      return; // the client left before its request was whole
    }
    const raw = Buffer.concat(parts);
    const seen: Seen = {
      n: this.requests.length,
      method: req.method ?? "",
      path: req.url ?? "",
      headers: req.headers,
      httpVersion: req.httpVersion,
      raw,
      text: raw.toString("utf8"),
      json: parse(raw.toString("utf8")),
      atMs: performance.now(),
      closedMs: null,
      answeredMs: null,
    };
    this.requests.push(seen);
    this.inFlight++;
    const call = seen.method === "POST" ? 1 : 0;
    this.#calling += call;
    this.most = Math.max(this.most, this.#calling);
    const leave = () => {
      if (seen.closedMs !== null || seen.answeredMs !== null) return;
      this.inFlight--;
      this.#calling -= call;
      if (res.writableFinished) seen.answeredMs = performance.now();
      else {
        seen.closedMs = performance.now();
        this.closed++;
      }
      this.#changes.emit("change");
    };
    res.on("finish", leave);
    res.on("close", leave);
    res.on("error", () => {});
    this.#changes.emit("change");

    if (seen.method === "GET" && seen.path === "/v1/models") return this.#listModels(res);
    if (seen.method === "GET" && seen.path === "/props" && this.#slots !== null)
      return sendJson(res, 200, { total_slots: this.#slots });
    if (seen.path === "/v1/embeddings")
      return this.#act("chat", { body: this.#embed(seen), ...this.script(seen) }, seen, res);
    const wire = wires[seen.path];
    if (!wire) return sendJson(res, 404, { error: { message: `no ${seen.path} here`, type: "invalid_request_error" } });
    await this.#act(wire, this.script(seen), seen, res);
  }

  #listModels(res: http.ServerResponse): void {
    const data = this.#models.map((id) => ({ id, object: "model", created: 1_760_000_000, owned_by: "fake" }));
    sendJson(res, 200, { object: "list", data });
  }

  #embed({ json }: Seen): string {
    const vectors = [json["input"]].flat().map((text) => this.vectorOf(String(text)));
    return embeddingsAnswer(String(json["model"]), vectors);
  }

  async #act(wire: Wire, b: Behaviour, seen: Seen, res: http.ServerResponse): Promise<void> {
    if (b.stall === "accept") return;
    if (b.reset === "accept") return reset(res);
    if (b.raw !== undefined) return void res.socket?.end(b.raw);
    const answer: Answer = { ...usual, ...b };
    const model = String(seen.json["model"] ?? "");
    const options = seen.json["stream_options"] as { include_usage?: boolean } | undefined;
    const plain = b.body !== undefined || b.status !== undefined || seen.json["stream"] !== true;
    const pieces = plain
      ? [Buffer.from(b.body ?? wholeAnswer(wire, model, answer))]
      : shredded(streamEvents(wire, model, answer, options?.include_usage === true, b), b.shred);

    if (b.after) await b.after;
    await this.#wait((b.headMs ?? 0) + (plain ? (b.ttftMs ?? 0) : 0), res);
    if (res.destroyed) return;
    const type = plain ? "application/json" : "text/event-stream";
    const endless = b.end === "line" || b.end === "comments";
    const length = plain && !endless ? { "content-length": String(pieces[0]!.length) } : {};
    res.writeHead(b.status ?? 200, { "content-type": type, "x-request-id": "req-fake", ...length, ...b.headers });
    res.flushHeaders?.();
    if (b.stall === "headers") return;
    if (b.reset === "headers") return reset(res);
    if (!plain) await this.#wait(b.ttftMs, res);

    const half = b.stall === "middle" || b.reset === "middle" ? Math.ceil(pieces.length / 2) : null;
    for (const [i, piece] of pieces.entries()) {
      if (res.destroyed) return;
      if (half !== null && (i === half || pieces.length === 1)) {
        if (pieces.length === 1) res.write(piece.subarray(0, piece.length >> 1));
        if (b.reset === "middle") await this.#wait(20, res); // so that what was written arrives before the reset
        if (b.reset === "middle") reset(res);
        return;
      }
      if (i > 0) await this.#wait(b.gapMs, res);
      if (!res.destroyed && !res.write(piece)) await drained(res);
    }
    while (endless && !res.destroyed) {
      if (!res.write(plain ? " ".repeat(1_024) : b.end === "line" ? lineWithoutEnd : ": still here\n\n"))
        await drained(res);
      await this.#wait(b.gapMs || 1, res);
    }
    if (!res.destroyed) res.end();
  }

  /** Waits, or returns at once when the client has gone. */
  #wait(ms: number | undefined, res: http.ServerResponse): Promise<void> {
    if (!ms || res.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#timers.delete(timer);
        res.off("close", go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.#timers.add(timer);
      res.on("close", go);
    });
  }
}

const wires: Readonly<Record<string, Wire>> = { "/v1/chat/completions": "chat", "/v1/completions": "completions" };

const lineWithoutEnd = "x".repeat(32_768);

function streamEvents(wire: Wire, model: string, answer: Answer, usage: boolean, b: Behaviour): string[] {
  const events = streamedAnswer(wire, model, answer, usage);
  switch (b.end ?? "well") {
    case "well":
      return [...events, done];
    case "cut":
    case "comments":
      return events;
    case "line":
      return [...events, "data: "];
    case "half":
      return [...events.slice(0, -1), events.at(-1)!.slice(0, 20)];
    case "error":
      return [...events.slice(0, 3), event('{"error":{"message":"the model fell over","type":"server_error"}}')];
  }
}

function shredded(events: readonly string[], size: number | undefined): Buffer[] {
  if (size === undefined) return events.map((e) => Buffer.from(e));
  const all = Buffer.from(events.join(""));
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size));
}

const drained = (res: http.ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      res.off("drain", go);
      res.off("close", go);
      resolve();
    };
    res.on("drain", go);
    res.on("close", go);
  });

function reset(res: http.ServerResponse): void {
  const socket = res.socket;
  if (socket && "resetAndDestroy" in socket) socket.resetAndDestroy();
  else res.destroy();
}

function sendJson(res: http.ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { "content-type": "application/json", "content-length": String(bytes.length) });
  res.end(bytes);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // the raw bytes are there for a test that sends garbage
  }
}
