import type { Attempted, Decided, Ended, Fact, FirstToken, Settled, Started } from "../../server/domain/fact.ts";
import type { Clock, Timer } from "../../server/kit/clock.ts";
import type { TraceDecision, Usage } from "../../server/protocol/trace.ts";

export const usage = (input: number, output: number, more: Partial<Usage> = {}): Usage => ({
  input,
  cachedInput: 0,
  cacheWrite: 0,
  output,
  reasoning: 0,
  source: "provider",
  ...more,
});

/** The facts of one request, in their usual form; each may be changed. */
export function factsOf(id: string, atMs: number) {
  /** What was told last of an answer: it was delivered, unless `ended` says otherwise. */
  let ttftMs: number | null = null;
  let delivered: number | null = null;
  return {
    started: (trace: Partial<Started["trace"]> = {}): Started => ({
      type: "started",
      id,
      atMs,
      trace: {
        surface: "http",
        wire: "openai.chat",
        kind: "chat",
        stream: true,
        client: "test",
        workspace: null,
        session: null,
        messages: 1,
        chars: 12,
        privacy: { verdict: "anywhere", rule: "default" },
        ...trace,
      },
    }),
    decided: (decision: Partial<TraceDecision> = {}): Decided => ({
      type: "decided",
      id,
      decision: {
        route: "direct",
        model: "small",
        task: "chat",
        difficulty: "simple",
        stage: "classifier",
        score: 0.2,
        confidence: 0.9,
        reason: "short",
        us: 5,
        ...decision,
      },
      features: null,
      arm: null,
    }),
    attempted: (more: Partial<Attempted> = {}): Attempted => ({
      type: "attempted",
      id,
      attempt: 0,
      model: "small",
      provider: "gpu",
      role: "primary",
      startMs: 1,
      usage: usage(10, 0, { source: "estimate" }),
      costNanos: 1_000,
      ...more,
    }),
    firstToken(at = 30, attempt = 0): FirstToken {
      [ttftMs, delivered] = [at, attempt];
      return { type: "first-token", id, attempt, atMs: at };
    },
    settled(more: Partial<Settled> = {}): Settled {
      const { attempt = 0, outcome = "served" } = more;
      if (outcome === "served") delivered = attempt;
      return {
        type: "settled",
        id,
        attempt,
        endMs: 100,
        outcome,
        error: null,
        usage: usage(10, 20),
        costNanos: 3_000,
        baselineNanos: 10_000,
        ...more,
      };
    },
    ended: (more: Partial<Ended> = {}): Ended => ({
      type: "ended",
      id,
      status: "ok",
      error: null,
      finish: "stop",
      totalMs: 101,
      ttftMs,
      delivered,
      savedMs: null,
      cache: "off",
      recalled: null,
      spans: [{ name: "decide", startMs: 0.1, durationMs: 0.05, attempt: null }],
      ...more,
    }),
    /** A whole request that went well. */
    all(): Fact[] {
      return [this.started(), this.decided(), this.attempted(), this.firstToken(), this.settled(), this.ended()];
    },
  };
}

/** A clock that a test moves. */
export class HeldClock implements Clock {
  #now = 0;
  readonly #wall0: number;
  #waiting: { at: number; f: () => void }[] = [];

  constructor(wall = Date.UTC(2026, 10, 21, 12)) {
    this.#wall0 = wall;
  }
  now(): number {
    return this.#now;
  }
  wall(): number {
    return this.#wall0 + this.#now;
  }
  /** How many timers are set. */
  get pending(): number {
    return this.#waiting.length;
  }
  /** When the next one rings; Infinity: none is set. */
  get dueMs(): number {
    return Math.min(...this.#waiting.map((w) => w.at));
  }
  after(ms: number, f: () => void): Timer {
    let entry = { at: this.#now + ms, f };
    this.#waiting.push(entry);
    const cancel = (): void => {
      this.#waiting = this.#waiting.filter((w) => w !== entry);
    };
    const restart = (): void => {
      cancel();
      entry = { at: this.#now + ms, f };
      this.#waiting.push(entry);
    };
    return { restart, cancel, [Symbol.dispose]: cancel };
  }
  /** Lets time pass; what is due rings in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#waiting.filter((w) => w.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#waiting = this.#waiting.filter((w) => w !== due);
      this.#now = Math.max(this.#now, due.at);
      due.f();
    }
    this.#now = end;
  }
}
