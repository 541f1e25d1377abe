/** A block of server-sent events can't be longer: an endless line is a broken upstream, not a long answer. */
export const maxEventBytes = 1_048_576;

/**
 * Cuts a byte stream at the ends of its server-sent events. `push` gives back the bytes up to and with the last complete
 * event and keeps the rest, so that what is passed on never ends inside an event. Lines may end in LF or CRLF.
 */
export class EventCutter {
  #rest: Buffer | null = null;

  /** Complete events, or null when none is complete yet. Throws RangeError when one grows past `maxEventBytes`. */
  push(chunk: Buffer): Buffer | null {
    const data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = endOfEvents(data);
    this.#rest = end === data.length ? null : data.subarray(end);
    if (this.#rest !== null && this.#rest.length > maxEventBytes)
      throw new RangeError(`an event of more than ${maxEventBytes} bytes`);
    return end === 0 ? null : end === data.length ? data : data.subarray(0, end);
  }

  /** What is left when the stream has ended: empty after a clean end. */
  get rest(): Buffer {
    return this.#rest ?? Buffer.alloc(0);
  }
}

function endOfEvents(data: Buffer): number {
  const n = data.length;
  // By far the most frequent case: the chunk ends with its event.
  if (data[n - 1] === 10 && (data[n - 2] === 10 || (data[n - 2] === 13 && data[n - 3] === 10))) return n;
  const lf = data.lastIndexOf("\n\n");
  const crlf = data.lastIndexOf("\r\n\r\n");
  return Math.max(lf < 0 ? 0 : lf + 2, crlf < 0 ? 0 : crlf + 4);
}

export interface SseEvent {
  /** The payload: its data lines joined; empty for a comment. */
  readonly data: string;
  /** Where the event stands in the block, its blank line included. */
  readonly start: number;
  readonly end: number;
}

/** The events of a block that holds only complete ones. */
export function* eventsIn(block: Buffer): Generator<SseEvent> {
  let start = 0;
  while (start < block.length) {
    let end = block.indexOf("\n\n", start);
    const crlf = block.indexOf("\r\n\r\n", start);
    if (crlf >= 0 && (end < 0 || crlf < end)) end = crlf + 4;
    else end = end < 0 ? block.length : end + 2;
    let data = "";
    for (const line of block.toString("utf8", start, end).split("\n"))
      if (line.startsWith("data:")) data += (data && "\n") + line.slice(line[5] === " " ? 6 : 5).replace(/\r$/, "");
    yield { data, start, end };
    start = end;
  }
}
