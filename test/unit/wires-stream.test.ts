import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../server/domain/event.ts";
import { OpenAiStream, type PassOn } from "../../server/logic/wires/openai-stream.ts";
import { EventCutter, maxEventBytes } from "../../server/logic/wires/sse.ts";
import { done, event, streamedAnswer } from "../support/wire.ts";

const answer = {
  chunks: ["Grüße", " 🚂", "\n\ndata: [DONE]\n\n", ' "usage":{ "error" '],
  reasoning: ["hm"],
  toolCalls: [{ id: "c1", name: "read", args: ['{"a', '":1}'] }],
  finish: "tool_calls",
  usage: { input: 57, cachedInput: 32, output: 32, reasoning: 8 },
};
const usage = { ...answer.usage, cacheWrite: 0, source: "provider" as const };
const events = streamedAnswer("chat", "m", answer, true);
const whole = [...events, done].join("");
/** As it looks to a client that did not ask for usage: without the last event, and without the empty ones of the others. */
const hidden = [...events.slice(0, -1), done].join("").replaceAll(',"usage":null', "");

/** All that a stream says of bytes that come in these pieces. */
function read(pieces: readonly (string | Buffer)[], passOn: PassOn): Event[] {
  const said: Event[] = [];
  const stream = new OpenAiStream((e) => said.push(e), passOn);
  for (const piece of pieces) stream.push(Buffer.from(piece));
  stream.end();
  return said;
}
const bytesOf = (said: readonly Event[]) =>
  Buffer.concat(said.flatMap((e) => (e.type === "bytes" ? [Buffer.from(e.data)] : []))).toString();
const types = (said: readonly Event[]) => said.map((e) => e.type).filter((t) => t !== "bytes");
const last = (said: readonly Event[]) => said.at(-1);

describe("reading an OpenAI stream", () => {
  const show: PassOn = { as: "bytes", hideUsage: false };
  const hide: PassOn = { as: "bytes", hideUsage: true };

  it("passes on the very bytes, wherever the pieces are cut", () => {
    const bytes = Buffer.from(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const said = read(pieces, show);
        assert.equal(bytesOf(said), whole);
        assert.deepEqual(types(said), ["first", "usage", "done"]);
        assert.equal(bytesOf(read(pieces, hide)), hidden);
      }),
    );
  });

  it("passes on only whole events", () => {
    const said: Event[] = [];
    const stream = new OpenAiStream((e) => said.push(e), show);
    for (const byte of Buffer.from(whole)) {
      stream.push(Buffer.from([byte]));
      assert.ok(bytesOf(said) === "" || bytesOf(said).endsWith("\n\n"));
    }
  });

  it("reads usage with its cached and reasoning tokens, and why the answer ended", () => {
    const said = read([whole], hide);
    assert.deepEqual(
      said.find((e) => e.type === "usage"),
      { type: "usage", usage },
    );
    assert.deepEqual(last(said), { type: "done", stop: "tool" });
  });

  it("hides usage that stands beside content, in the first event as in the last", () => {
    const chunk = (content: string, more: string) =>
      event(`{"choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]${more}}`);
    const told = `,"usage":{"prompt_tokens":5,"completion_tokens":1}`;
    const end = event(
      `{"usage" : {"prompt_tokens":5,"completion_tokens":2} , "choices":[{"delta":{},"finish_reason":"stop"}]}`,
    );
    const said = read([chunk("a", told), chunk(' "usage":null ', ""), end, done], hide);
    const ended = event(`{ "choices":[{"delta":{},"finish_reason":"stop"}]}`);
    assert.equal(bytesOf(said), [chunk("a", ""), chunk(' "usage":null ', ""), ended, done].join(""));
    assert.ok(said.some((e) => e.type === "usage" && e.usage.output === 2));
  });

  it("counts the characters of content, for where no usage comes", () => {
    const chars = (pieces: readonly string[]) =>
      read(pieces, show).reduce((n, e) => n + (e.type === "bytes" ? e.chars : 0), 0);
    const said = Array.from({ length: 400 }, (_, i) => event(`{"choices":[{"delta":{"content": "word ${i % 10}"}}]}`));
    const end = event(`{"choices":[{"delta":{},"finish_reason":"stop"}]}`);
    assert.equal(chars([...said, end, done]), 400 * 6);
    assert.equal(chars([[...said, end, done].join("")]), 400 * 6);
  });

  it("gives content to a client of another wire", () => {
    const said = read(events.concat(done), { as: "content" });
    const text = said.flatMap((e) => (e.type === "text" ? [e.text] : [])).join("");
    assert.equal(text, answer.chunks.join(""));
    assert.deepEqual(
      said.flatMap((e) => (e.type === "reasoning" ? [e.text] : [])),
      ["hm"],
    );
    assert.equal(said.flatMap((e) => (e.type === "tool-call" ? [e.args] : [])).join(""), '{"a":1}');
    assert.equal(bytesOf(said), "");
  });

  it("says nothing of a first token for the role alone", () => {
    const said: Event[] = [];
    const stream = new OpenAiStream((e) => said.push(e), show);
    stream.push(Buffer.from(events[0]!));
    assert.deepEqual(said, []);
  });

  it("fails where the stream ends without its terminator, even after a finish reason", () => {
    const said = read(events, hide);
    assert.equal(last(said)?.type, "error");
    assert.ok(!bytesOf(said).endsWith(done));
  });

  it("fails where an error stands beside choices that say nothing", () => {
    for (const said of [
      '{"error":{"message":"quota"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}',
      '{"choices":[{"delta":{},"error":{"message":"quota"},"finish_reason":null}]}',
      '{"choices":[{"delta":{},"finish_reason":"error"}]}',
    ]) {
      const event = `data: ${said}\n\n`;
      assert.equal(last(read([event, done], show))?.type, "error", said);
      assert.equal(last(read([...events.slice(0, 4), event, done], show))?.type, "error", said);
    }
  });

  it("fails where the stream ends before its answer did", () => {
    assert.equal(last(read(events.slice(0, 4), show))?.type, "error");
    assert.equal(last(read([], show))?.type, "error");
  });

  it("fails where the stream ends inside an event", () => {
    assert.equal(last(read([...events.slice(0, 4), events[4]!.slice(0, 10)], show))?.type, "error");
  });

  it("fails on an error event and passes neither it nor a terminator on", () => {
    const error = event('{"error":{"message":"it fell over","type":"server_error"}}');
    const said = read([events.slice(0, 4).join("") + error + done], show);
    const end = last(said);
    assert.ok(end?.type === "error" && /it fell over/.test(end.fault.message));
    assert.equal(bytesOf(said), events.slice(0, 4).join(""));
  });

  it("fails on an event that is no JSON object", () => {
    for (const data of ["{broken", "5", "null"]) assert.equal(last(read([event(data)], show))?.type, "error", data);
  });

  it("takes CRLF, comments, and a terminator without its blank line", () => {
    const crlf = whole.replaceAll(/\n(?=\n|data:|$)/g, "\r\n").replaceAll("\r\n\n", "\r\n\r\n");
    assert.deepEqual(types(read([`: hello\r\n\r\n${crlf}`], show)), ["first", "usage", "done"]);
    assert.equal(last(read([`${events.join("")}data: [DONE]\n`], show))?.type, "done");
  });

  it("bounds an event without end", () => {
    const cutter = new EventCutter();
    const push = () => {
      for (let i = 0; i < 20; i++) cutter.push(Buffer.alloc(maxEventBytes / 10, "x"));
    };
    assert.throws(push, RangeError);
    const said: Event[] = [];
    const stream = new OpenAiStream((e) => said.push(e), show);
    for (let i = 0; i < 20; i++) stream.push(Buffer.alloc(maxEventBytes / 10, "x"));
    assert.deepEqual(types(said), ["error"]);
  });

  it("says exactly one end for any bytes at all", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (pieces) => {
        const said = read(
          pieces.map((p) => Buffer.from(p)),
          hide,
        );
        assert.equal(said.filter((e) => e.type === "done" || e.type === "error").length, 1);
      }),
    );
  });
});
