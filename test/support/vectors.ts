import { normal } from "../../server/kit/chance.ts";

/** A direction that none is likelier than another. */
export function randomVector(random: () => number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) vector[i] = normal(random);
  return vector;
}

/** A vector whose cosine with the given one is about `similarity`. */
export function noisy(random: () => number, vector: Float32Array, similarity: number): Float32Array {
  const noise = randomVector(random, vector.length);
  const scale = (Math.hypot(...vector) / Math.hypot(...noise)) * Math.sqrt(1 / similarity ** 2 - 1);
  return vector.map((x, i) => x + noise[i]! * scale);
}
