import type { ServerResponse } from "node:http";
import type { Decision } from "../../domain/decision.ts";
import type { Event, Stream } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import { each } from "../../kit/stream.ts";
import { OpenAiPrinter, printOpenAiErrorEvent } from "../../logic/wires/openai-print.ts";
import type { CacheState } from "../../protocol/trace.ts";
import { sendFault } from "./context.ts";
import { answerHeaders } from "./headers.ts";
import { atEndOfTurn } from "./turn.ts";

export interface ReplyOptions {
  readonly id: string;
  readonly atMs: number;
  readonly wire: "openai.chat" | "openai.completions";
  readonly stream: boolean;
  readonly wantsUsage: boolean;
}

/** Prints a stream of events as an HTTP answer. Status and headers leave with the first byte, so that both are honest. */
export async function reply(res: ServerResponse, events: Stream, o: ReplyOptions): Promise<void> {
  const r = new Reply(res, o);
  await each(events, (event) => {
    r.event(event);
    if (res.writableNeedDrain) return drained(res);
  });
}

const drained = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      res.off("drain", over);
      res.off("close", over);
      resolve();
    };
    if (res.destroyed) return resolve();
    res.on("drain", over);
    res.on("close", over);
  });

/** For people and their tools: clients of the wire pass it over. */
const comment = (text: string): Uint8Array => Buffer.from(`: ${text.replace(/[\r\n]+/g, " ")}\n\n`);

class Reply {
  readonly #res: ServerResponse;
  readonly #o: ReplyOptions;
  #decision: Decision | null = null;
  #cache: CacheState = "off";
  #printer: OpenAiPrinter | null = null;
  #model = "";
  #contentType: string | null = null;
  #whole: Uint8Array | null = null;

  constructor(res: ServerResponse, options: ReplyOptions) {
    this.#res = res;
    this.#o = options;
  }

  event(e: Event): void {
    switch (e.type) {
      case "decision":
        this.#decision = e.decision;
        this.#cache = e.cache ?? this.#cache;
        // The headers have gone, with a word that the model is being loaded, say: then it is told here.
        if (this.#o.stream && this.#res.headersSent) this.#write(comment(e.decision.reason));
        return;
      case "start":
        this.#model = e.model;
        this.#contentType = e.head?.contentType ?? null;
        return;
      case "waiting":
        if (this.#o.stream) this.#write(comment(e.why));
        return;
      case "bytes":
        if (this.#o.stream) this.#write(e.data);
        else this.#whole = e.data;
        return;
      case "text":
      case "reasoning":
      case "tool-call":
        if (this.#o.stream) this.#write(this.#printing().piece(e));
        else this.#printing().collect(e);
        return;
      case "usage":
        this.#printer?.usage(e.usage);
        return;
      case "done":
        if (this.#o.stream) {
          // As bytes, the upstream's own terminator has gone out already.
          if (this.#printer || !this.#res.headersSent) this.#write(this.#printing().end(e.stop));
          this.#res.end();
        } else this.#sendWhole(this.#whole ?? this.#printing().whole(e.stop));
        return;
      case "error":
        this.#fail(e.fault);
        return;
      case "first":
      case "vectors": // only ever asked for by Switchyard itself
        return;
    }
  }

  #printing(): OpenAiPrinter {
    if (this.#printer === null) {
      this.#printer = new OpenAiPrinter(this.#o.id, this.#o.atMs, this.#o.wire, this.#o.wantsUsage);
      this.#printer.start(this.#model);
    }
    return this.#printer;
  }

  #headers(): Record<string, string> {
    return answerHeaders(this.#o.id, this.#decision, this.#cache);
  }

  #write(data: Uint8Array): void {
    if (this.#res.destroyed) return;
    if (!this.#res.headersSent)
      this.#res.writeHead(200, {
        "content-type": this.#contentType ?? "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        ...this.#headers(),
      });
    this.#res.write(data);
  }

  #sendWhole(body: Uint8Array): void {
    if (this.#res.destroyed) return;
    this.#res.writeHead(200, {
      "content-type": this.#contentType ?? "application/json",
      "content-length": body.length,
      ...this.#headers(),
    });
    // As a string, head and body leave in one piece; a large one is not worth the copy.
    const text = body.length > 16_384 ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    atEndOfTurn(() => (text ? this.#res.end(text.toString("latin1"), "latin1") : this.#res.end(body)));
  }

  #fail(f: Fault): void {
    if (f.code === "cancelled" && this.#res.destroyed) return;
    if (!this.#res.headersSent) return sendFault(this.#res, f, this.#headers());
    this.#res.end(printOpenAiErrorEvent(f)); // the terminator stays away: this was no success
  }
}
