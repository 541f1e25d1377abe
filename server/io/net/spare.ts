import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { systemClock, type Timer } from "../../kit/clock.ts";

/** An upstream that says more before it is asked is not kept: HTTP/2's settings are some 50 bytes. */
const maxEarlyBytes = 16_384;

/** Who takes a spare: gets its connection, or null when it came to nothing. */
export type Taker = (socket: Socket | null) => void;

/**
 * One connection opened before its request. It is watched until it is taken, so that a dead one is never handed out.
 * It doesn't keep the process alive, but for the moment in which TCP connects: a pending connect can only be closed.
 */
export class Spare {
  readonly #socket: Socket;
  readonly #onGone: () => void;
  readonly #life: Timer;
  #open = false;
  #over = false;
  #taker: Taker | null = null;
  /** What the upstream said meanwhile: HTTP/2's settings. */
  #early: Buffer[] = [];
  #earlyBytes = 0;

  /** `onGone` is told when it ends without being handed over. */
  constructor(open: (opened: buildConnector.Callback) => Socket, lifeMs: number, onGone: () => void) {
    this.#onGone = onGone;
    this.#socket = open((...[error]) => (error ? this.close() : this.#opened()));
    this.#socket.on("close", this.close);
    this.#socket.unref();
    this.#life = systemClock.after(lifeMs, this.close);
  }

  /** Hands the connection over as soon as it is open. Once only. */
  take(taker: Taker): void {
    this.#life.cancel();
    this.#socket.ref();
    this.#taker = taker;
    // Later, as undici must have returned before it is answered, and an end that is already here is read first.
    if (this.#open) setImmediate(() => this.#handOver());
  }

  readonly close = (): void => {
    if (this.#over) return;
    this.#leave();
    this.#socket.destroy();
    this.#onGone();
    this.#taker?.(null);
  };

  #opened(): void {
    if (this.#over) return;
    this.#open = true;
    if (this.#taker) return this.#handOver();
    this.#socket.on("readable", this.#onReadable).on("end", this.close);
  }

  /** Reads on, because the end of a connection is only seen once everything before it has been read. */
  readonly #onReadable = (): void => {
    const mayTalk = "alpnProtocol" in this.#socket && this.#socket.alpnProtocol === "h2";
    for (let part: Buffer | null = this.#socket.read(); part !== null; part = this.#socket.read()) {
      this.#earlyBytes += part.length;
      if (!mayTalk || this.#earlyBytes > maxEarlyBytes) return this.close(); // HTTP/1.1 only says such things to part
      this.#early.push(part);
    }
  };

  #handOver(): void {
    if (this.#over) return;
    this.#leave();
    if (this.#early.length > 0) this.#socket.unshift(Buffer.concat(this.#early));
    this.#taker?.(this.#socket);
  }

  #leave(): void {
    this.#over = true;
    this.#life.cancel();
    this.#socket.off("close", this.close).off("end", this.close).off("readable", this.#onReadable);
  }
}
