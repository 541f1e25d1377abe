import type { ProviderId } from "../../domain/model.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Net, Origin } from "../net/net.ts";

/** Milliseconds that a look may take. */
const lookMs = 1_000;
/** A list of models that is longer isn't read to its end: its connection is given up. */
const maxBodyBytes = 65_536;

export interface ProberDeps {
  readonly clock: Clock;
  /** Whether a provider lives; what can't be looked at does. The signal ends a second after the start, in any case. */
  readonly look: (provider: ProviderId, signal: AbortSignal) => Promise<boolean>;
}

/** Looks at providers: any number at once, each within its own time, and once for all that ask while it looks. */
export class Prober implements Disposable {
  readonly #deps: ProberDeps;
  readonly #looks = new Map<ProviderId, Promise<boolean>>();
  readonly #ends = new Set<() => void>();

  constructor(deps: ProberDeps) {
    this.#deps = deps;
  }

  /** Never rejects; false after a second. */
  lives(provider: ProviderId): Promise<boolean> {
    let look = this.#looks.get(provider);
    if (!look) {
      look = this.#look(provider).finally(() => this.#looks.delete(provider));
      this.#looks.set(provider, look);
    }
    return look;
  }

  #look(provider: ProviderId): Promise<boolean> {
    const controller = new AbortController();
    return new Promise((resolve) => {
      // Not cancelled when the verdict is there: a body that dribbles on is cut off too.
      const timer = this.#deps.clock.after(lookMs, () => end());
      const end = (): void => {
        timer.cancel();
        this.#ends.delete(end);
        controller.abort();
        resolve(false);
      };
      this.#ends.add(end);
      const ask = async () => this.#deps.look(provider, controller.signal); // whatever it throws is a rejection
      ask().then(resolve, () => resolve(false));
    });
  }

  [Symbol.dispose](): void {
    for (const end of [...this.#ends]) end();
  }
}

/**
 * Whether a server answers a GET of this path with anything below 500: that it refuses a key, or has no such page, shows
 * that it lives. Never rejects. The body is thrown away, and cut off when it is long or the signal ends.
 */
export async function lookAt(
  net: Net,
  origin: Origin,
  path: string,
  key: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const dispatcher = await net.dispatcher(origin);
    return await new Promise((resolve) => {
      let stop: (() => void) | null = null;
      let bytes = 0;
      const onAbort = (): void => {
        resolve(false);
        stop?.();
      };
      const over = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve(false);
      };
      if (signal.aborted) return resolve(false);
      signal.addEventListener("abort", onAbort, { once: true });
      const headers = ["accept", "application/json", ...(key === null ? [] : ["authorization", `Bearer ${key}`])];
      dispatcher.dispatch(
        { origin: origin.name, path, method: "GET", headers },
        {
          onRequestStart: (controller) => {
            stop = () => controller.abort(new Error("looked long enough"));
            if (signal.aborted) stop();
          },
          onResponseStart: (_, status) => {
            if (status >= 200) resolve(status < 500);
          },
          onResponseData: (_, chunk) => {
            bytes += chunk.length;
            if (bytes > maxBodyBytes) stop?.();
          },
          onResponseEnd: over,
          onResponseError: over,
        },
      );
    });
  } catch {
    return false; // the offline switch forbids it, say
  }
}
