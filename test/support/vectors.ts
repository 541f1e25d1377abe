/** Numbers from 0 to 1 that are the same at each run (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A direction that none is likelier than another. */
export function randomVector(random: () => number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) {
    vector[i] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }
  return vector;
}

/** A vector whose cosine with the given one is about `similarity`. */
export function noisy(random: () => number, vector: Float32Array, similarity: number): Float32Array {
  const noise = randomVector(random, vector.length);
  const scale = (Math.hypot(...vector) / Math.hypot(...noise)) * Math.sqrt(1 / similarity ** 2 - 1);
  return vector.map((x, i) => x + noise[i]! * scale);
}
