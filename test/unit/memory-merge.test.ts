import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../server/domain/event.ts";
import { merged } from "../../server/logic/memory/merge.ts";

const piece: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text: fc.string() }),
  fc.record({ type: fc.constant("reasoning" as const), text: fc.string() }),
  fc.uint8Array({ maxLength: 200 }).map((data): Event => ({ type: "bytes", data, chars: data.length })),
  fc.record({ type: fc.constant("tool-call" as const), index: fc.nat(3), args: fc.string() }),
  fc.record({ type: fc.constant("waiting" as const), why: fc.string() }),
);
const usage = { input: 1, cachedInput: 0, cacheWrite: 0, output: 2, reasoning: 0, source: "provider" } as const;

/** What a client has of an answer, however it was cut into pieces. */
const seen = (events: readonly Event[]) => ({
  bytes: Buffer.concat(events.flatMap((e) => (e.type === "bytes" ? [e.data] : []))).toString("hex"),
  chars: events.reduce((n, e) => n + (e.type === "bytes" ? e.chars : 0), 0),
  text: events.flatMap((e) => (e.type === "text" ? [e.text] : [])).join(""),
  reasoning: events.flatMap((e) => (e.type === "reasoning" ? [e.text] : [])).join(""),
  calls: events.filter((e) => e.type === "tool-call"),
  rest: events.filter((e) => e.type === "start" || e.type === "first" || e.type === "usage" || e.type === "done"),
});

describe("what is kept of a stream", () => {
  it("has the same text, usage and end as the stream, in no more pieces", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const events: Event[] = [
          { type: "start", attempt: 0, model: "m" },
          { type: "first" },
          ...pieces,
          { type: "usage", usage },
          { type: "done", stop: "stop" },
        ];
        const kept = merged(events);
        assert.deepEqual(seen(kept), seen(events));
        assert.ok(kept.length <= events.length);
        assert.ok(!kept.some((e) => e.type === "waiting" || e.type === "decision"));
      }),
    );
  });

  it("keeps the order of text and thoughts, and makes one piece of many", () => {
    const word = (text: string): Event => ({ type: "text", text });
    const thought: Event = { type: "reasoning", text: "Hm." };
    assert.deepEqual(merged([word("a"), word("b"), thought, word("c"), word("d")]), [word("ab"), thought, word("cd")]);
    const long = Array.from({ length: 100 }, () => word("x".repeat(1_000)));
    assert.equal(merged(long).length, 25);
  });
});
