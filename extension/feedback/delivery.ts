import type { Signal } from "../../server/protocol/trace.ts";

export interface DeliveryDeps {
  /** Hands it to the daemon; false: it knows no such trace. Rejects when there is no daemon, or when it goes away. */
  readonly send: (trace: string, signal: Signal) => Promise<boolean>;
  readonly wait: (ms: number) => Promise<void>;
  /** It was taken. */
  readonly taken: () => void;
  readonly log: { warn(text: string): void; debug(text: string): void };
}

/** Milliseconds before each further try. */
const pausesMs = [1_000, 10_000, 60_000];
/** Signals on their way at a time. */
const most = 64;

/** Hands what people did to the daemon. Nobody waits for it and nobody is told when it fails: that is for the log. */
export class Delivery {
  readonly #o: DeliveryDeps;
  #underWay = 0;

  constructor(o: DeliveryDeps) {
    this.#o = o;
  }

  async tell(trace: string, signal: Signal): Promise<void> {
    if (this.#underWay >= most) {
      this.#o.log.warn(
        `What became of the answer ${trace} (${signal}) was dropped: ${most} others wait for the daemon.`,
      );
      return;
    }
    this.#underWay++;
    try {
      await this.#tries(trace, signal);
    } finally {
      this.#underWay--;
    }
  }

  async #tries(trace: string, signal: Signal): Promise<void> {
    const { send, wait, taken, log } = this.#o;
    for (const pauseMs of [...pausesMs, null]) {
      try {
        if (await send(trace, signal)) taken();
        else log.debug(`The daemon knows no answer ${trace} any more, so nothing is learned from it (${signal}).`);
        return;
      } catch (e) {
        const why = e instanceof Error ? e.message : String(e);
        if (pauseMs === null) {
          log.warn(`What became of the answer ${trace} (${signal}) could not be told: ${why}`);
          return;
        }
        await wait(pauseMs);
      }
    }
  }
}
