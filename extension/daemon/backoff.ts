/** Milliseconds to wait before each try of a row that fails; after the last one a person must act. */
const waits = [0, 250, 500, 1_000, 2_000, 4_000] as const;
/** A connection that held this long counts as healthy: the next failure starts a new row. */
const healthyMs = 30_000;

/** How long to wait before the next try, and when to stop trying. */
export class Backoff {
  #failures = 0;
  #connectedAt: number | null = null;

  connected(nowMs: number): void {
    this.#connectedAt = nowMs;
  }

  /** Milliseconds until the next try; null: give up. */
  failed(nowMs: number): number | null {
    if (this.#connectedAt !== null && nowMs - this.#connectedAt >= healthyMs) this.#failures = 0;
    this.#connectedAt = null;
    return waits[this.#failures++] ?? null;
  }

  reset(): void {
    this.#failures = 0;
    this.#connectedAt = null;
  }
}
