import type { Behaviour } from "../upstream.ts";
import { event } from "../wire.ts";

type Misdeed = (pieces: readonly string[], dice: number) => Behaviour;

/** A way in which an upstream goes wrong: no client may take what comes of it for a whole answer. */
export interface FaultKind {
  readonly name: string;
  /** Null: it can't befall a stream. */
  readonly stream: Misdeed | null;
  /** Null: it can't befall an answer that isn't streamed. */
  readonly whole: Misdeed | null;
}

const both = (name: string, misdeed: Misdeed): FaultKind => ({ name, stream: misdeed, whole: misdeed });
const error = '{"error":{"message":"the fake upstream was told to fail","type":"server_error"}}';
const sse = { "content-type": "text/event-stream" };

const garbage = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 197 + (i >> 3) * 31) % 256);
const half = (pieces: readonly string[]): string => JSON.stringify({ id: "x", choices: pieces }).slice(0, -9);

/** Every kind of fault that a call can meet; faults of TLS are those of a connection, and lie with their providers. */
export const faultKinds: readonly FaultKind[] = [
  both("reset before the head", () => ({ reset: "accept" })),
  both("reset after the head", () => ({ reset: "headers" })),
  both("reset in the middle", () => ({ reset: "middle" })),
  both("silence before the head", () => ({ stall: "accept" })),
  both("silence after the head", () => ({ stall: "headers" })),
  both("silence in the middle", () => ({ stall: "middle" })),
  { name: "a head that comes too late", stream: () => ({ headMs: 1_000 }), whole: null },
  ...[429, 500, 503, 529].flatMap((status) => [
    both(`${status}`, () => ({ status, body: error })),
    both(`${status} with Retry-After`, (_, dice) => ({
      status,
      body: error,
      headers: { "retry-after": dice < 0.4 ? "0" : dice < 0.8 ? "1" : "30" },
    })),
  ]),
  both("no HTTP", () => ({ raw: "SSH-2.0-OpenSSH_9.9\r\n" })),
  { name: "garbage", stream: () => ({ body: garbage, headers: sse }), whole: () => ({ body: garbage }) },
  { name: "half an event", stream: () => ({ end: "half" }), whole: (pieces) => ({ body: half(pieces) }) },
  { name: "no [DONE]", stream: () => ({ end: "cut" }), whole: null },
  {
    name: "an endless line",
    // Faster than the longest event that is taken, or slower than the silence that is borne.
    stream: (_, dice) => ({ end: "line", gapMs: dice < 0.5 ? 1 : 50 }),
    whole: () => ({ end: "line", gapMs: 20 }),
  },
  { name: "endless keep-alives", stream: () => ({ end: "comments", gapMs: 20 }), whole: null },
  {
    name: "an answer without end",
    stream: (pieces) => ({ chunks: endlessly(pieces), gapMs: 20 }),
    whole: null,
  },
  {
    name: "a success that is an error",
    stream: (_, dice) => (dice < 0.5 ? { body: event(error), headers: sse } : { body: error }),
    whole: () => ({ body: error }),
  },
  { name: "an error after some text", stream: () => ({ end: "error" }), whole: null },
];

/** More than any deadline lets through. */
const endlessly = (pieces: readonly string[]): string[] =>
  Array.from({ length: 600 }, (_, i) => pieces[0]!.replace(":0\u00e9]", `:${i}\u00e9]`));
