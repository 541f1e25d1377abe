import type { ProviderId } from "../../domain/model.ts";
import type { Clock } from "../../kit/clock.ts";
import { getJson, rootOf } from "../net/local.ts";

/** What a provider can do. */
export interface Places {
  /** Calls at once. */
  readonly running: number;
  /** Calls that may wait for one of those to end. */
  readonly waiting: number;
}

export interface CapacitiesDeps {
  /** What the configuration says. Called at each call to a provider: it has to be cheap. */
  readonly configured: (provider: ProviderId) => {
    readonly max: number | null;
    /** Null: as many as the fallback says. */
    readonly waiting: number | null;
    /** The base URL of a server that can be asked; null: it can't. Another address is another server. */
    readonly ask: URL | null;
  };
  /** For a provider of which nothing is known. */
  readonly fallback: () => number;
  readonly ask: (base: URL, signal: AbortSignal) => Promise<number | null>;
  readonly clock: Pick<Clock, "now">;
}

/** A server has so long to answer, and a call waits so long for it. */
const askMs = 2_000;
const waitMs = 250;
const freshMs = 600_000;
/** Who was too busy to answer is asked again soon. */
const busyMs = 5_000;
/** Answers that are kept; the oldest gives way, and its server is asked again. */
const mostTold = 256;

/** What a server said of itself. */
interface Told {
  readonly base: URL;
  /** Null: nothing. */
  places: number | null;
  /** When; -Infinity: it hasn't been asked yet. */
  atMs: number;
  asking: Promise<Places> | null;
}

/** How much each provider can do at once: as configured, else as its server says, else the fallback. */
export class Capacities {
  readonly #deps: CapacitiesDeps;
  readonly #told = new Map<ProviderId, Told>();

  constructor(deps: CapacitiesDeps) {
    this.#deps = deps;
  }

  /**
   * `running`: how many calls are under way. With the first its server isn't asked, since one fits anywhere; with a
   * second it is, and the promise, which never rejects, is the answer. What is old is asked again behind its back.
   */
  of(provider: ProviderId, running: number): Places | Promise<Places> {
    const configured = this.#deps.configured(provider);
    if (running > 0 && configured.max === null && configured.ask !== null) {
      const told = this.#toldBy(provider, configured.ask);
      if (told.asking === null && this.#deps.clock.now() - told.atMs >= freshMs)
        told.asking = this.#ask(provider, told);
      if (told.asking !== null && told.atMs === -Infinity) return told.asking;
    }
    return this.#places(provider, configured);
  }

  #places(provider: ProviderId, { max, waiting, ask }: ReturnType<CapacitiesDeps["configured"]>): Places {
    const fallback = this.#deps.fallback();
    const told = max === null && ask !== null ? this.#told.get(provider) : undefined;
    const learned = told && ask && same(told.base, ask) ? told.places : null;
    return { running: max ?? learned ?? fallback, waiting: waiting ?? fallback };
  }

  #toldBy(provider: ProviderId, base: URL): Told {
    const before = this.#told.get(provider);
    if (before && same(before.base, base)) return before;
    const oldest = this.#told.keys().next();
    if (before) this.#told.delete(provider);
    else if (this.#told.size >= mostTold && !oldest.done) this.#told.delete(oldest.value);
    const told: Told = { base, places: null, atMs: -Infinity, asking: null };
    this.#told.set(provider, told);
    return told;
  }

  #ask(provider: ProviderId, told: Told): Promise<Places> {
    const signal = AbortSignal.timeout(askMs);
    const now = (): Places => this.#places(provider, this.#deps.configured(provider));
    const answered = this.#deps
      .ask(told.base, signal)
      .catch(() => null)
      .then((places) => {
        // A server too busy to answer can do no more than it said before.
        told.places = places ?? told.places;
        told.atMs = this.#deps.clock.now() - (signal.aborted ? freshMs - busyMs : 0);
        told.asking = null;
        return now();
      });
    return Promise.race([answered, new Promise<Places>((resolve) => setTimeout(() => resolve(now()), waitMs).unref())]);
  }
}

const same = (a: URL, b: URL): boolean => a === b || a.href === b.href;

/**
 * How many requests a server runs at once; null when it doesn't say so. Asks over plain HTTP only. Never throws.
 *
 * llama-server says it, unless it wants a key or routes to other servers. Ollama and LM Studio don't. vLLM's
 * `max_num_seqs` is in /server_info alone, which exists only in its development mode and at first takes seconds to
 * look around its machine: there the configuration's `maxConcurrent` has to say it.
 */
export async function askPlaces(baseUrl: URL, signal: AbortSignal): Promise<number | null> {
  const root = rootOf(baseUrl.href);
  const props = (await getJson(`${root}/props`, signal)) as { total_slots?: unknown } | null;
  const total = countOf(props?.total_slots);
  if (total !== null || signal.aborted) return total;
  const slots = await getJson(`${root}/slots`, signal);
  return countOf(Array.isArray(slots) ? slots.length : null);
}

const countOf = (n: unknown): number | null => (typeof n === "number" && Number.isSafeInteger(n) && n > 0 ? n : null);
