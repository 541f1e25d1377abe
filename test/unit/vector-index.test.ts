import assert from "node:assert/strict";
import { VectorIndex } from "../../server/io/cache/vector-index.ts";
import { packWeights, unpackWeights } from "../../server/io/cache/weights.ts";
import { chance } from "../../server/kit/chance.ts";
import { noisy, randomVector } from "../support/vectors.ts";

const dimensions = 512;

function similarity(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(aa * bb);
}

/** The ids that a look at every vector finds. */
function bruteForce(vectors: ReadonlyMap<number, Float32Array>, query: Float32Array, k: number, least: number) {
  return [...vectors]
    .map(([id, vector]) => ({ id, similarity: similarity(vector, query) }))
    .filter((found) => found.similarity >= least)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, k);
}

describe("the vector index", () => {
  const index = (maxEntries = 100_000, exactUpTo = 2_000) => new VectorIndex({ dimensions, maxEntries, exactUpTo });

  it("finds what a look at every vector finds, best first", () => {
    const random = chance(1);
    const [found, all] = [index(), new Map<number, Float32Array>()];
    for (let id = 0; id < 1_500; id++) {
      const vector = randomVector(random, dimensions);
      all.set(id, vector);
      found.add(id, "s", vector);
    }
    for (let i = 0; i < 40; i++) {
      const query = i % 2 === 0 ? randomVector(random, dimensions) : noisy(random, all.get(i)!, 0.8);
      const least = [-1, 0, 0.05, 0.9][i % 4]!;
      const expected = bruteForce(all, query, 7, least);
      const actual = found.search("s", query, { k: 7, least });
      assert.deepEqual(
        actual.map((f) => f.id),
        expected.map((f) => f.id),
      );
      for (const [at, f] of actual.entries()) assert.ok(Math.abs(f.similarity - expected[at]!.similarity) < 1e-5);
    }
  });

  it("finds at least 99 of 100 near duplicates in a scope that is searched by signs first", () => {
    const random = chance(2);
    const [found, all] = [index(), [] as Float32Array[]];
    for (let id = 0; id < 12_000; id++) {
      all.push(randomVector(random, dimensions));
      found.add(id, "s", all[id]!);
    }
    let hits = 0;
    const asked = 300;
    for (let i = 0; i < asked; i++) {
      const id = (i * 37) % all.length;
      const [best] = found.search("s", noisy(random, all[id]!, 0.85), { k: 1, least: 0.7 });
      if (best?.id === id) hits++;
    }
    assert.ok(hits >= asked * 0.99, `${hits} of ${asked}`);
  });

  it("gives as many as are asked for when all look alike", () => {
    const found = index(10_000, 100);
    const vector = randomVector(chance(3), dimensions);
    for (let id = 0; id < 5_000; id++) found.add(id, "s", vector);
    assert.equal(found.search("s", vector, { k: 5, least: 0.99 }).length, 5);
    assert.equal(found.search("s", vector, { k: 10_000, least: 0.99 }).length, 5_000);
  });

  it("never finds a text of another scope", () => {
    const random = chance(4);
    const found = index();
    const vector = randomVector(random, dimensions);
    for (let id = 0; id < 300; id++) found.add(id, `scope ${id % 3}`, noisy(random, vector, 0.95));
    for (let scope = 0; scope < 3; scope++) {
      const hits = found.search(`scope ${scope}`, vector, { k: 300, least: -1 });
      assert.equal(hits.length, 100);
      assert.ok(hits.every((f) => f.id % 3 === scope));
    }
    assert.deepEqual(found.search("another", vector, { k: 3, least: -1 }), []);
  });

  it("forgets what is removed, and uses its place again", () => {
    const random = chance(5);
    const [found, all] = [index(), new Map<number, Float32Array>()];
    const scopeOf = (id: number) => (id % 5 === 0 ? "other" : "s");
    let next = 0;
    for (let step = 0; step < 3_000; step++) {
      const id = random() < 0.6 ? next++ : Math.floor(random() * next);
      if (all.has(id) && random() < 0.8) {
        all.delete(id);
        found.remove(id);
      } else {
        all.set(id, randomVector(random, dimensions));
        found.add(id, scopeOf(id), all.get(id)!);
      }
    }
    found.remove(1e9);
    assert.equal(found.size, all.size);
    for (const scope of ["s", "other"]) {
      const mine = new Map([...all].filter(([id]) => scopeOf(id) === scope));
      for (const [id, vector] of [...mine].slice(0, 30)) {
        assert.equal(found.search(scope, vector, { k: 1, least: 0.999 })[0]?.id, id);
      }
      assert.equal(found.search(scope, randomVector(random, dimensions), { k: 9_999, least: -1 }).length, mine.size);
    }
  });

  it("moves an id that is added again, to its new scope and vector", () => {
    const random = chance(6);
    const [found, first, second] = [index(), randomVector(random, dimensions), randomVector(random, dimensions)];
    found.add(7, "a", first);
    found.add(7, "b", second);
    assert.equal(found.size, 1);
    assert.deepEqual(found.search("a", first, { k: 1, least: -1 }), []);
    assert.equal(found.search("b", second, { k: 1, least: 0.999 })[0]?.id, 7);
  });

  it("drops the oldest when there is no room", () => {
    const random = chance(7);
    const found = index(100);
    const all = Array.from({ length: 250 }, () => randomVector(random, dimensions));
    for (const [id, vector] of all.entries()) found.add(id, "s", vector);
    assert.equal(found.size, 100);
    const ids = found.search("s", all[0]!, { k: 250, least: -1 }).map((f) => f.id);
    assert.deepEqual(
      ids.sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => 150 + i),
    );
  });

  it("takes no vector without a direction or of another length", () => {
    const found = index();
    found.add(1, "s", new Float32Array(dimensions));
    found.add(2, "s", new Float32Array(dimensions).fill(Number.NaN));
    found.add(3, "s", new Float32Array(3).fill(1));
    assert.equal(found.size, 0);
    found.add(4, "s", new Float32Array(dimensions).fill(1));
    assert.deepEqual(found.search("s", new Float32Array(dimensions), { k: 1, least: -1 }), []);
    assert.deepEqual(found.search("s", new Float32Array(3).fill(1), { k: 1, least: -1 }), []);
    assert.equal(found.search("s", new Float32Array(dimensions).fill(9), { k: 0, least: -1 }).length, 0);
    assert.equal(found.search("s", new Float32Array(dimensions).fill(9), { k: 2, least: -1 }).length, 1);
  });
});

describe("the packed weights of a model", () => {
  const specs = [
    { name: "odd", shape: [3], dtype: "float32" },
    { name: "constant", shape: [], dtype: "float32" },
    { name: "whole", shape: [2], dtype: "int32" },
    { name: "table", shape: [2, 2], dtype: "float32" },
  ];
  const data = new ArrayBuffer(40);
  new Float32Array(data, 0, 4).set([0.1, -2.5, 3e-5, -1e9]);
  new Int32Array(data, 16, 2).set([2_147_483_647, -1]);
  new Float32Array(data, 24, 4).set([1, 0.333, -0.00125, 6]);

  it("are the same again but for the precision of 16 bits", () => {
    const packed = packWeights(specs, data);
    assert.equal(packed.length, 6 + 4 + 8 + 8);
    const again = unpackWeights(specs, new Uint8Array(packed));
    assert.deepEqual(new Int32Array(again, 12, 3), new Int32Array(data, 12, 3));
    for (const [from, count] of [
      [0, 3],
      [24, 4],
    ] as const) {
      const expected = new Float32Array(data, from, count);
      for (const [i, x] of new Float32Array(again, from, count).entries())
        assert.ok(Math.abs(x - expected[i]!) <= Math.abs(expected[i]!) * 2 ** -10 + 1e-7);
    }
  });

  it("are refused when they are cut short or don't fit their list", () => {
    assert.throws(() => unpackWeights(specs, new Uint8Array(packWeights(specs, data).slice(0, 20))), /cut short/);
    assert.throws(() => packWeights(specs, data.slice(0, 36)), /their list says/);
  });
});
