const hundredths = Array.from({ length: 101 }, (_, i) => (i / 100).toFixed(2));

/** A number with two places, as reasons have it; those from 0 to 1 are there already. */
export const two = (n: number): string => (n >= 0 && n <= 1 ? hundredths[Math.round(n * 100)]! : n.toFixed(2));

/** US dollars with as many places as a single request needs. */
export const dollars = (n: number): string => `$${n < 0.01 ? n.toFixed(5) : n.toFixed(3)}`;
