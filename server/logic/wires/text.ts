import type { Event } from "../../domain/event.ts";
import { readChunk } from "./openai-chunk.ts";
import { eventsIn } from "./sse.ts";

/** Of a longer answer only the beginning is kept. */
const maxChars = 1_000_000;

/** Collects the text of an answer, whether it comes as content or as the bytes of the OpenAI wire. */
export class TextCollector {
  text = "";

  /** There was more than is kept. */
  get full(): boolean {
    return this.text.length >= maxChars;
  }

  push(event: Extract<Event, { type: "text" | "bytes" }>, stream: boolean): void {
    if (this.full) return;
    if (event.type === "text") this.text += event.text;
    else {
      const bytes = Buffer.from(event.data.buffer, event.data.byteOffset, event.data.byteLength);
      if (stream) for (const { data } of eventsIn(bytes)) this.#read(data);
      else this.#read(bytes.toString("utf8"));
    }
  }

  #read(data: string): void {
    if (!data.startsWith("{")) return; // the terminator, or a comment
    let json: Record<string, unknown>;
    try {
      json = JSON.parse(data) as Record<string, unknown>;
    } catch {
      return; // what is passed on unread may be anything
    }
    for (const piece of readChunk(json).content) if (piece.type === "text") this.text += piece.text;
  }
}
