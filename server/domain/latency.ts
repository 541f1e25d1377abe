/** Time to first token in milliseconds, as the last requests had it. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  /** The mean of those at and above the p95; null: too few to tell. */
  readonly tail: number | null;
}
