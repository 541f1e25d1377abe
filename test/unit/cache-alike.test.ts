import assert from "node:assert/strict";
import type { Answer, Embedding, Question } from "../../server/domain/memory.ts";
import { AlikeAnswers } from "../../server/io/cache/alike.ts";
import type { Sense, Vectors } from "../../server/io/cache/embedder.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { answerOf } from "../support/answers.ts";

const question: Question = { scope: "s", text: "How do I sort a list in Python?" };
const reworded: Question = { scope: "s", text: "How can I sort a list in Python?" };
const answer = (trace: string): Answer => answerOf(trace, { atMs: systemClock.wall(), events: [] });

/** Finds whatever was added last. */
class FoundLast implements Vectors {
  readonly added: Sense[] = [];
  readonly searched: Sense[] = [];
  cleared = 0;
  #last = 0;
  add(id: number, _scope: string, sense: Sense): void {
    this.#last = id;
    this.added.push(sense);
  }
  search(_scope: string, sense: Sense) {
    this.searched.push(sense);
    return Promise.resolve([{ id: this.#last, similarity: 1 }]);
  }
  remove(): void {}
  clear(): void {
    this.cleared++;
  }
  readonly size = 0;
  problem(): null {
    return null;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("answers to questions in other words", () => {
  const made = (space: string | null = "one") => {
    const vectors = new FoundLast();
    const now = { space };
    const alike = new AlikeAnswers({
      clock: systemClock,
      vectors,
      limits: () => ({ ttlSeconds: 60, maxBytes: 100_000, maxEntries: 100 }),
      threshold: () => 0.9,
      space: () => now.space,
    });
    return { alike, vectors, now };
  };
  const vector = new Float32Array([1, 0]);
  const gives = (space: string, coming: Promise<Float32Array | null> = Promise.resolve(vector)): Embedding => ({
    space,
    vector: () => coming,
  });
  const soon = () => new Promise((resolve) => setImmediate(resolve));

  it("are found by a vector that a model of the user's own gave", async () => {
    const { alike, vectors } = made();
    alike.keep(question, answer("a"), gives("one"));
    await soon();
    assert.equal((await alike.search(reworded, gives("one")))?.answer.trace, "a");
    assert.deepEqual([vectors.added, vectors.searched], [[vector], [vector]]);
  });

  it("are not kept where the vector can't be had", async () => {
    const { alike, vectors } = made();
    alike.keep(question, answer("a"), gives("one", Promise.resolve(null)));
    await soon();
    assert.equal(await alike.search(question, gives("one")), null);
    assert.deepEqual(vectors.added, []);
  });

  it("may be forgotten while their vector is on its way", async () => {
    const { alike } = made();
    const { promise, resolve } = Promise.withResolvers<Float32Array>();
    alike.keep(question, answer("a"), gives("one", promise));
    assert.deepEqual(alike.forget({ trace: "a" }), ["a"]);
    resolve(vector);
    await soon();
    assert.equal(alike.size, 0);
  });

  it("are forgotten when another model's vectors are compared, also those on their way", async () => {
    const { alike, vectors, now } = made();
    const { promise, resolve } = Promise.withResolvers<Float32Array>();
    alike.keep(question, answer("a"), gives("one"));
    alike.keep(reworded, answer("b"), gives("one", promise));
    await soon();
    now.space = "two";
    alike.obey();
    resolve(vector);
    alike.keep(question, answer("c"), gives("one"));
    alike.keep(question, answer("d"), null);
    await soon();
    assert.deepEqual([alike.size, vectors.cleared, vectors.added.length], [0, 1, 1]);
    alike.keep(question, answer("e"), gives("two"));
    await soon();
    assert.equal(await alike.search(reworded, gives("one")), null);
    assert.equal((await alike.search(reworded, gives("two")))?.answer.trace, "e");
    alike.obey();
    assert.deepEqual([alike.size, vectors.cleared], [1, 1]);
  });
});
