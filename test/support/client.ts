import http from "node:http";

/** A whole answer. */
export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed; throws when it isn't JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes, and fail where a field is missing
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Doesn't tell the body's length beforehand. */
  readonly chunked?: boolean;
  /** Absent: a connection of its own. */
  readonly agent?: http.Agent;
}

/** An answer while it comes. */
export interface Live {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Pieces in the order of their arrival; ends with the answer, throws when the connection broke. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Waits for the next piece. */
  next(): Promise<Buffer | null>;
  /** Leaves, by closing the connection. */
  close(): void;
}

/** A request of node:http, which unlike fetch lets a test say any Host, Origin or length. */
export function begin(base: string, ask: Ask): http.ClientRequest {
  const url = new URL(ask.path, base);
  return http.request({
    host: url.hostname,
    port: url.port,
    path: ask.path,
    method: ask.method ?? (ask.body === undefined ? "GET" : "POST"),
    headers: {
      ...(ask.body === undefined
        ? {}
        : {
            "content-type": "application/json",
            ...(ask.chunked ? { "transfer-encoding": "chunked" } : { "content-length": Buffer.byteLength(ask.body) }),
          }),
      ...ask.headers,
    },
    agent: ask.agent ?? false,
  });
}

const headOf = (req: http.ClientRequest): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    req.once("response", resolve);
    req.on("error", reject);
  });

/** Sends a request and reads its whole answer. */
export async function ask(base: string, what: Ask): Promise<Reply> {
  const req = begin(base, what);
  const head = headOf(req);
  req.end(what.body);
  const res = await head;
  const parts: Buffer[] = [];
  for await (const part of res) parts.push(part as Buffer);
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  return {
    status: res.statusCode ?? 0,
    headers: res.headers,
    bytes,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

/** Sends a request and hands its answer over while it comes. */
export async function open(base: string, what: Ask): Promise<Live> {
  const req = begin(base, what);
  const head = headOf(req);
  req.end(what.body);
  const res = await head;
  const iterator = res[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    status: res.statusCode ?? 0,
    headers: res.headers,
    chunks: { [Symbol.asyncIterator]: () => iterator },
    next: async () => {
      const { value, done } = await iterator.next();
      return done ? null : value;
    },
    close: () => req.destroy(),
  };
}

/** The `data:` fields of an event stream, `[DONE]` among them. */
export const dataOf = (text: string): string[] =>
  text.split("\n\n").flatMap((e) => (e.startsWith("data: ") ? [e.slice(6)] : []));

/** The text that a chat stream spells out. */
export const spelled = (text: string): string =>
  dataOf(text)
    .filter((d) => d !== "[DONE]")
    .map((d) => JSON.parse(d)?.choices?.[0]?.delta?.content ?? "")
    .join("");
