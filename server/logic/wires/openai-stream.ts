import type { Event, Stop } from "../../domain/event.ts";
import { fault } from "../../domain/fault.ts";
import { type Chunk, readChunk } from "./openai-chunk.ts";
import { EventCutter, eventsIn, maxEventBytes } from "./sse.ts";

const finishReason = /"finish_reason"\s*:\s*"/;
const usageObject = /"usage"\s*:\s*\{/;
const terminator = Buffer.from("data: [DONE]\n\n");

/**
 * How the answer is passed on: `bytes`, the upstream's own events, for a client of the same wire, `hideUsage` when asking
 * for the usage chunk was our wish and not the client's; or `content`, for any other.
 */
export type PassOn = { readonly as: "bytes"; readonly hideUsage: boolean } | { readonly as: "content" };

/**
 * Reads an OpenAI stream and emits what it says. As bytes, only whole events are passed on, and those that can hold
 * nothing but content are never parsed; what comes before the first content is kept until then (at most a megabyte).
 */
export class OpenAiStream {
  readonly #cutter = new EventCutter();
  readonly #emit: (event: Event) => void;
  readonly #passOn: PassOn;
  #preamble: Buffer[] = [];
  #preambleBytes = 0;
  #first = false;
  #ended = false;
  #terminated = false;
  #stop: Stop | null = null;

  constructor(emit: (event: Event) => void, passOn: PassOn) {
    this.#emit = emit;
    this.#passOn = passOn;
  }

  push(chunk: Buffer): void {
    if (this.#ended) return;
    let block: Buffer | null;
    try {
      block = this.#cutter.push(chunk);
    } catch {
      return this.#fail("The provider sent an event without end.");
    }
    if (block === null) return;
    if (this.#first && this.#passOn.as === "bytes" && !mustBeRead(block)) this.#emit({ type: "bytes", data: block });
    else this.#read(block);
  }

  /** The upstream's stream has ended. */
  end(): void {
    if (this.#ended) return;
    const rest = this.#cutter.rest;
    // A last event may lack its blank line; anything but the terminator would be half an event.
    if (rest.toString("latin1").trim() === "data: [DONE]") this.#read(Buffer.concat([rest, Buffer.from("\n\n")]));
    else if (rest.length > 0) return this.#fail("The provider's stream broke off inside an event.");
    if (this.#ended) return;
    // Some servers close after the finish reason without the terminator; anything less is a broken stream.
    if (this.#stop === null) return this.#fail("The provider's stream ended before its answer did.");
    this.#pass(terminator);
    this.#finish();
  }

  #read(block: Buffer): void {
    let from = 0; // start of what has not been passed on
    for (const event of eventsIn(block)) {
      if (event.data === "") continue;
      if (event.data === "[DONE]") {
        this.#terminated = true;
        continue;
      }
      const chunk = parse(event.data);
      if (chunk === null) return this.#fail("The provider sent an event that isn't a JSON object.");
      if (chunk.fault) {
        this.#pass(block.subarray(from, event.start));
        return this.#fail(chunk.fault.message);
      }
      if (chunk.content.length > 0) this.#open();
      if (this.#passOn.as === "content") for (const piece of chunk.content) this.#emit(piece);
      if (chunk.stop) this.#stop = chunk.stop;
      if (chunk.usage) this.#emit({ type: "usage", usage: chunk.usage });
      if (chunk.usageOnly && this.#passOn.as === "bytes" && this.#passOn.hideUsage) {
        this.#pass(block.subarray(from, event.start));
        from = event.end;
      }
    }
    this.#pass(from === 0 ? block : block.subarray(from));
    if (this.#terminated) this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#open(); // an answer may be empty
    this.#ended = true;
    this.#emit({ type: "done", stop: this.#stop ?? "stop" });
  }

  /** Content comes next: what was kept goes out first. */
  #open(): void {
    if (this.#first) return;
    this.#first = true;
    this.#emit({ type: "first" });
    if (this.#preamble.length > 0) this.#emit({ type: "bytes", data: Buffer.concat(this.#preamble) });
    this.#preamble = [];
  }

  #pass(data: Buffer): void {
    if (data.length === 0 || this.#passOn.as === "content") return;
    if (this.#first) return this.#emit({ type: "bytes", data });
    this.#preamble.push(data);
    this.#preambleBytes += data.length;
    if (this.#preambleBytes > maxEventBytes) this.#fail("The provider sent a megabyte without any content.");
  }

  #fail(message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#emit({ type: "error", fault: fault("upstream_error", message, { retry: "elsewhere" }) });
  }
}

function parse(data: string): Chunk | null {
  try {
    const json: unknown = JSON.parse(data);
    return typeof json === "object" && json !== null ? readChunk(json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Only such blocks can hold more than content. A key inside a JSON string has its quotes escaped and doesn't match. */
function mustBeRead(block: Buffer): boolean {
  const text = block.toString("latin1");
  return (
    !text.startsWith("data:") ||
    text.includes('"error"') ||
    text.includes("[DONE]") ||
    (text.includes('"usage"') && usageObject.test(text)) ||
    (text.includes('"finish_reason"') && finishReason.test(text))
  );
}
