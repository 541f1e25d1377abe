import assert from "node:assert/strict";
import type { Event } from "../../server/domain/event.ts";
import { printRequest } from "../../server/logic/wires/openai-request.ts";
import { readOpenAiVectors } from "../../server/logic/wires/openai-vectors.ts";
import { embeddingsAnswer } from "../support/wire.ts";

const read = (json: unknown, texts = 1) => readOpenAiVectors(Buffer.from(JSON.stringify(json)), texts);
const vectors = (events: readonly Event[]) =>
  events.flatMap((e) => (e.type === "vectors" ? e.vectors.map((v) => [...v]) : []));
const fault = (events: readonly Event[]) => {
  assert.equal(events.length, 1);
  const [event] = events;
  return event?.type === "error" ? event.fault.message : assert.fail("it was taken");
};

describe("vectors on the OpenAI wire", () => {
  it("are asked for as numbers, not streamed", () => {
    const prompt = { kind: "texts", texts: ["a", "b"] } as const;
    const { path, body } = printRequest(prompt, { temperature: 1 }, "m", false, false, true);
    assert.equal(path, "/embeddings");
    assert.deepEqual(JSON.parse(body), { model: "m", input: ["a", "b"], encoding_format: "float" });
  });

  it("come in the order of their texts, whatever order they are sent in, with what they cost", () => {
    const answer = Buffer.from(
      embeddingsAnswer("m", [
        [0.5, 0],
        [0, 0.25],
        [1, 1],
      ]),
    );
    const events = readOpenAiVectors(answer, 3);
    assert.deepEqual(
      events.map((e) => e.type),
      ["first", "vectors", "usage", "done"],
    );
    assert.deepEqual(vectors(events), [
      [0.5, 0],
      [0, 0.25],
      [1, 1],
    ]);
    const usage = events.find((e) => e.type === "usage")?.usage;
    assert.deepEqual([usage?.input, usage?.output, usage?.source], [33, 0, "provider"]);
  });

  it("need neither an index nor a usage", () => {
    const events = read({ data: [{ embedding: [1] }, { embedding: [2] }] }, 2);
    assert.deepEqual(vectors(events), [[1], [2]]);
    assert.ok(!events.some((e) => e.type === "usage"));
  });

  it("are as many as texts, one for each, of one length, finite, and neither empty nor endless", () => {
    const one = (embedding: unknown) => ({ data: [{ index: 0, embedding }] });
    assert.match(fault(read({ data: [] })), /holds 0 vectors in place of 1/);
    assert.match(fault(read({ data: [{ index: 7, embedding: [1] }] })), /no vector for text 0/);
    const twice = { index: 1, embedding: [1] };
    assert.match(fault(read({ data: [twice, twice] }, 2)), /no vector for text 0/);
    assert.match(fault(read({ data: [{ embedding: [1] }, { embedding: [1, 2] }] }, 2)), /several lengths/);
    assert.match(fault(read(one([1e300]))), /isn't finite/);
    assert.match(fault(readOpenAiVectors(Buffer.from('{"data":[{"embedding":[1e999]}]}'), 1)), /holds no vectors/);
    assert.match(fault(read(one([]))), /holds no vectors: data\.0\.embedding/);
    assert.match(fault(read(one(Array(4_097).fill(1)))), /holds no vectors: data\.0\.embedding/);
    assert.match(fault(read(one("AACAPw=="))), /holds no vectors: data\.0\.embedding/);
    assert.equal(vectors(read(one(Array(4_096).fill(1))))[0]!.length, 4_096);
  });

  it("are missing where the answer is an error, or nothing of the kind", () => {
    assert.match(fault(read({ error: { message: "no such model" } })), /no such model/);
    assert.match(fault(read(null)), /holds no vectors/);
    assert.match(fault(readOpenAiVectors(Buffer.from("<html>"), 1)), /isn't JSON/);
  });
});
