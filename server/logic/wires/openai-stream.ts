import type { Event, Stop } from "../../domain/event.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import { withoutField } from "./body-edit.ts";
import { type Chunk, charsOfEvents, readChunk } from "./openai-chunk.ts";
import { EventCutter, eventsIn, maxEventBytes } from "./sse.ts";

/** Only events that match can hold more than content. A key inside a JSON string has its quotes escaped and doesn't match. */
const notable = /"error"|\[DONE\]|"(?:usage"\s*:\s*\{|finish_reason"\s*:\s*")/g;
const terminator = Buffer.from("data: [DONE]\n\n");

/**
 * How the answer is passed on: `bytes`, the upstream's own events, for a client of the same wire, `hideUsage` when asking
 * for usage was our wish and not the client's; or `content`, for any other.
 */
export type PassOn = { readonly as: "bytes"; readonly hideUsage: boolean } | { readonly as: "content" };

/** What becomes of an event: it is passed on, is the end of everything, or another (or none, "") takes its place. */
type Fate = "pass" | "stop" | { readonly instead: string };

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
  #doubtful = false;
  /** What an event said of the answer's failure. */
  #broken: string | null = null;

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
    if (this.#first && this.#passOn.as === "bytes") this.#skim(block);
    else this.#read(block);
    if (this.#broken !== null) this.#fail(this.#broken);
    else if (this.#terminated) this.#finish();
  }

  /** The upstream's stream has ended. */
  end(): void {
    if (this.#ended) return;
    const rest = this.#cutter.rest;
    // A last event may lack its blank line; anything but the terminator would be half an event.
    if (rest.toString("latin1").trim() === "data: [DONE]") {
      this.#pass(terminator);
      return this.#finish();
    }
    if (rest.length > 0) return this.#fail("The provider's stream broke off inside an event.");
    if (this.#stop === null) return this.#fail("The provider's stream ended before its answer did.");
    // What has said why it ended is whole: there is nothing to add to it, once it was shown.
    this.#fail("The provider's stream ended without its terminator.", this.#first ? "never" : "elsewhere");
  }

  /** Reads every event of a block; once content has begun, only those that can hold more are read on. */
  #read(block: Buffer): void {
    let from = 0; // start of what has not been passed on
    for (const { data, start, end } of eventsIn(block)) {
      const opened = this.#first;
      const take = this.#take(data);
      if (take !== "pass") {
        this.#pass(block.subarray(from, start));
        from = end;
        if (take === "stop") return;
        this.#pass(Buffer.from(take.instead));
      }
      if (!opened && this.#first && this.#passOn.as === "bytes") {
        this.#pass(block.subarray(from, end)); // empty where another took its place
        return this.#skim(block.subarray(end));
      }
    }
    this.#pass(from === 0 ? block : block.subarray(from));
  }

  /** Passes a block on, and reads of it only the events that can hold more than content. */
  #skim(block: Buffer): void {
    const text = block.toString("latin1");
    let from = 0; // start of what has not been passed on
    let seen = 0; // end of the last event that was read
    notable.lastIndex = 0;
    for (let found = notable.exec(text); found; found = notable.exec(text)) {
      if (found.index < seen) continue;
      const start = startOfEvent(text, found.index);
      const event = eventsIn(block.subarray(start)).next().value;
      if (!event) break;
      seen = start + event.end;
      const take = this.#take(event.data);
      if (take === "pass") continue;
      this.#pass(block.subarray(from, start));
      from = seen;
      if (take === "stop") return;
      this.#pass(Buffer.from(take.instead));
    }
    if (from === 0) this.#pass(block, text);
    else this.#pass(block.subarray(from));
  }

  /** Takes in what an event says. */
  #take(data: string): Fate {
    if (data === "") return "pass";
    if (data === "[DONE]") {
      this.#terminated = true;
      return "pass";
    }
    const chunk = parse(data);
    if (chunk === null || chunk.fault) {
      this.#broken = chunk?.fault?.message ?? "The provider sent an event that isn't a JSON object.";
      return "stop";
    }
    if (chunk.content.length > 0) this.#open();
    if (this.#passOn.as === "content") for (const piece of chunk.content) this.#emit(piece);
    if (chunk.stop) this.#stop = chunk.stop;
    if (chunk.doubtful) this.#doubtful = true;
    if (chunk.usage) this.#emit({ type: "usage", usage: chunk.usage });
    if (!this.#hiding || chunk.usage === null) return "pass";
    if (chunk.usageOnly) return { instead: "" };
    return { instead: `data: ${withoutField(data, "usage").replaceAll("\n", "\ndata: ")}\n\n` };
  }

  get #hiding(): boolean {
    return this.#passOn.as === "bytes" && this.#passOn.hideUsage;
  }

  #finish(): void {
    if (this.#ended) return;
    this.#open(); // an answer may be empty
    this.#ended = true;
    const doubtful = this.#doubtful || this.#stop === null;
    this.#emit({ type: "done", stop: this.#stop ?? "stop", ...(doubtful ? { doubtful } : {}) });
  }

  /** Content comes next: what was kept goes out first. */
  #open(): void {
    if (this.#first) return;
    this.#first = true;
    this.#emit({ type: "first" });
    const kept = Buffer.concat(this.#preamble);
    this.#preamble = [];
    this.#pass(kept);
  }

  /** `text`: the data as Latin-1, where it has been decoded. */
  #pass(data: Buffer, text = data.toString("latin1")): void {
    if (data.length === 0 || this.#passOn.as === "content") return;
    if (this.#first) {
      const shown = this.#hiding ? withoutEmptyUsage(data, text) : data;
      return this.#emit({ type: "bytes", data: shown, chars: charsOfEvents(text) });
    }
    this.#preamble.push(data);
    this.#preambleBytes += data.length;
    if (this.#preambleBytes > maxEventBytes) this.#fail("The provider sent a megabyte without any content.");
  }

  #fail(message: string, retry: Fault["retry"] = "elsewhere"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#emit({ type: "error", fault: fault("upstream_error", message, { retry }) });
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

/** Where the event stands that holds the character at `at`: after the blank line before it. */
function startOfEvent(text: string, at: number): number {
  const lf = text.lastIndexOf("\n\n", at);
  const start = lf < 0 ? 0 : lf + 2;
  const crlf = text.slice(start, at).lastIndexOf("\r\n\r\n");
  return crlf < 0 ? start : start + crlf + 4;
}

const emptyUsage = ',"usage":null';
const spacedUsage = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,/g;

/**
 * Servers that are asked for usage put an empty one into every other event, most of them spelled like this: those are cut
 * in place, since this is done for each event.
 */
function withoutEmptyUsage(events: Buffer, text: string): Buffer {
  let at = text.indexOf(emptyUsage);
  if (at < 0) return text.includes('"usage"') ? Buffer.from(text.replace(spacedUsage, ""), "latin1") : events;
  let to = at;
  while (at >= 0) {
    const from = at + emptyUsage.length;
    at = text.indexOf(emptyUsage, from);
    const end = at < 0 ? events.length : at;
    events.copyWithin(to, from, end);
    to += end - from;
  }
  return events.subarray(0, to);
}
