import type { Context } from "mocha";
import type { Call, Event } from "../../server/domain/event.ts";
import type { Prompt, Sampling } from "../../server/domain/request.ts";
import { findEngine, installCommand } from "../../server/io/models/engine.ts";
import { engineEntry } from "../../server/io/models/places.ts";
import {
  createLlamaCppProvider,
  type LlamaCppOptions,
  type LlamaCppProvider,
} from "../../server/io/providers/llama-cpp/provider.ts";
import { systemClock } from "../../server/kit/clock.ts";
import { Scope } from "../../server/kit/scope.ts";

/** The engine's library, or a skip that says why; in CI it must be there. */
export function needEngine(test: Context): string {
  const library = findEngine("/nonexistent");
  if (library !== null) return library;
  const why = "the embedded engine isn't installed in scripts/engine";
  if (process.env["CI"]) throw new Error(`${why}: the set-up of CI must do that`);
  console.log(`      skipped: ${why}`);
  return test.skip();
}

/** A provider on the real engine, one thread, whose models are paths. */
export function engineProvider(
  library: string,
  config: Partial<LlamaCppOptions["config"]> = {},
  more: Partial<LlamaCppOptions> = {},
): LlamaCppProvider {
  return createLlamaCppProvider({
    config: { kind: "llama-cpp", threads: 1, parallel: 2, queue: 32, idleSeconds: 600, ...config },
    entry: engineEntry(),
    findLibrary: () => library,
    installCommand,
    locate: (name) => name,
    gpu: "none",
    log: () => {},
    ...more,
  });
}

let ids = 0;
/** One call of a model file. */
export function callOf(path: string, prompt: Prompt | string, sampling: Sampling = {}, context?: number): Call {
  const whole: Prompt =
    typeof prompt === "string" ? { kind: "chat", messages: [{ role: "user", content: prompt }], tools: [] } : prompt;
  return {
    attempt: 0,
    role: "primary",
    accept: null,
    model: {
      id: "tiny",
      provider: "engine",
      name: path,
      tier: "local",
      locality: "local",
      contextWindow: context ?? null,
      maxOutput: null,
      abilities: new Set(["chat", "completion"]),
      prices: null,
      equals: [],
    },
    request: {
      id: `r${++ids}`,
      kind: whole.kind === "chat" ? "chat" : "completion",
      stream: true,
      origin: { surface: "cli", wire: "openai.chat", client: "test", workspace: null, session: null, atMs: 0 },
      wishes: { model: "tiny", sampling, needs: [] },
      egress: { verdict: "anywhere", rule: "default" },
      prompt: whole,
    },
  };
}

export interface Answer {
  readonly events: readonly Event[];
  readonly text: string;
  readonly last: Extract<Event, { type: "done" | "error" }>;
  readonly usage: Extract<Event, { type: "usage" }>["usage"] | null;
}

/** Reads an answer to its end. `onEvent` may end the scope. */
export async function answer(
  provider: LlamaCppProvider,
  call: Call,
  scope = Scope.root(systemClock),
  onEvent: (event: Event) => void = () => {},
): Promise<Answer> {
  const events: Event[] = [];
  for await (const event of provider.open(call, scope)) {
    events.push(event);
    onEvent(event);
  }
  scope.end();
  const last = events.at(-1);
  if (last?.type !== "done" && last?.type !== "error") throw new Error(`it ended with ${last?.type}`);
  const usage = events.find((e) => e.type === "usage");
  return {
    events,
    text: events.flatMap((e) => (e.type === "text" ? [e.text] : [])).join(""),
    last,
    usage: usage?.type === "usage" ? usage.usage : null,
  };
}

/** Waits until `f` is true, looking often; gives up after half a minute. */
export async function until(f: () => boolean): Promise<void> {
  for (let n = 0; !f(); n++) {
    if (n > 10_000) throw new Error(`never came true: ${f}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
