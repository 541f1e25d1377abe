/**
 * Nano-dollars as a person reads them: cents where they matter, more digits where a whole day costs less than one.
 * `about`: part of it is an estimate.
 */
export function dollars(nanos: number, about = false): string {
  const usd = nanos / 1e9;
  const size = Math.abs(usd);
  const digits = size === 0 || size >= 0.1 ? 2 : size >= 0.001 ? 4 : 6;
  return `${about ? "≈ " : ""}${usd < 0 ? "−" : ""}$${size.toFixed(digits)}`;
}
