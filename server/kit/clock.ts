/** Time, injected: everything that waits or measures takes a Clock, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds on a monotonic scale; only differences mean anything. */
  now(): number;
  /** Milliseconds since the epoch, for people and for the ledger. */
  wall(): number;
  /** Calls `f` once after `ms`; never keeps the process alive by itself. */
  after(ms: number, f: () => void): Timer;
}

export interface Timer extends Disposable {
  /** Starts the wait anew. */
  restart(): void;
  /** Stops it for good; harmless when it has rung. */
  cancel(): void;
}

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;
  constructor(ms: number, f: () => void) {
    this.#timeout = setTimeout(f, ms);
    this.#timeout.unref();
  }
  restart(): void {
    this.#timeout.refresh();
  }
  cancel(): void {
    clearTimeout(this.#timeout);
  }
  [Symbol.dispose](): void {
    this.cancel();
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, f) => new SystemTimer(ms, f),
};
