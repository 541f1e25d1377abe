import type { Event } from "../../domain/event.ts";

/** What one piece of a kept answer holds at most: bytes, or characters. */
const most = { bytes: 65_536, chars: 4_096 };

/**
 * What is kept of a stream: its content in few pieces, so that it is sent in few writes. Bytes are whole events of their
 * wire, which stay apart for whoever reads them. What concerned the first request alone goes.
 */
export function merged(events: readonly Event[]): Event[] {
  const out: Event[] = [];
  let bytes: { data: Uint8Array; chars: number }[] = [];
  let size = 0;
  const flush = (): void => {
    if (bytes.length > 0)
      out.push({
        type: "bytes",
        data: Buffer.concat(bytes.map((b) => b.data)),
        chars: bytes.reduce((n, b) => n + b.chars, 0),
      });
    bytes = [];
    size = 0;
  };
  for (const event of events) {
    if (event.type === "bytes") {
      if (size > 0 && size + event.data.length > most.bytes) flush();
      bytes.push(event);
      size += event.data.length;
      continue;
    }
    flush();
    const last = out.at(-1);
    switch (event.type) {
      case "decision":
      case "waiting":
        break;
      case "text":
      case "reasoning":
        if (last?.type === event.type && last.text.length + event.text.length <= most.chars)
          out[out.length - 1] = { type: event.type, text: last.text + event.text };
        else out.push(event);
        break;
      case "start":
      case "first":
      case "tool-call":
      case "vectors":
      case "usage":
      case "done":
      case "error":
        out.push(event);
        break;
    }
  }
  flush();
  return out;
}
