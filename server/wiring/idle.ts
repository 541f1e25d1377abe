import type { Clock, Timer } from "../kit/clock.ts";

interface IdleDeps {
  /** Null: never. */
  readonly seconds: number | null;
  readonly clock: Clock;
  readonly clients: () => number;
  readonly onClients: (f: () => void) => Disposable;
  readonly running: () => number;
  readonly onEnded: (f: () => void) => Disposable;
}

/** Notices that for so many seconds no window was connected and no request ran. */
export class IdleExit implements Disposable {
  readonly reached: Promise<void>;
  readonly #deps: IdleDeps;
  readonly #watching: Disposable[] = [];
  readonly #resolve: () => void;
  #timer: Timer | null = null;

  constructor(deps: IdleDeps) {
    this.#deps = deps;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reached = promise;
    this.#resolve = resolve;
    if (deps.seconds === null) return;
    this.#watching.push(
      deps.onClients(() => this.#restart()),
      deps.onEnded(() => this.#restart()),
    );
    this.#restart();
  }

  #restart(): void {
    if (this.#timer) this.#timer.restart();
    else this.#timer = this.#deps.clock.after((this.#deps.seconds ?? 0) * 1000, () => this.#rang());
  }

  #rang(): void {
    if (this.#deps.clients() > 0 || this.#deps.running() > 0) this.#restart();
    else this.#resolve();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    for (const d of this.#watching) d[Symbol.dispose]();
  }
}
