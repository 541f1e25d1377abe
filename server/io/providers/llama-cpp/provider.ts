import type { Call, Event, Provider, Stream } from "../../../domain/event.ts";
import { endedFault, type Fault, fault } from "../../../domain/fault.ts";
import { type Message, type Prompt, type Request, textOf } from "../../../domain/request.ts";
import { Channel } from "../../../kit/channel.ts";
import { type Clock, systemClock, type Timer } from "../../../kit/clock.ts";
import { type Log, messageOf } from "../../../kit/log.ts";
import type { Scope } from "../../../kit/scope.ts";
import type { ProviderConfig } from "../../../protocol/config.ts";
import type { EngineMessage, EnginePrompt } from "../../../protocol/engine.ts";
import { type EngineCounters, EngineProcess } from "./process.ts";

export type { EngineCounters } from "./process.ts";

export interface LlamaCppOptions {
  readonly config: Extract<ProviderConfig, { kind: "llama-cpp" }>;
  /** The engine's script: dist/engine.js, or server/engine.ts in a checkout. */
  readonly entry: string;
  /** Absent: the Node that runs this. */
  readonly node?: string;
  /** The folder of an installed node-llama-cpp, or null. Asked at each start of the engine. */
  readonly findLibrary: () => string | null;
  /** The command that installs it, for the message when there is none. */
  readonly installCommand: string;
  /** The GGUF file of a model's name, or null when it isn't on this machine. */
  readonly locate: (name: string) => string | null | Promise<string | null>;
  /** `none` keeps it off a GPU even where one could be used. */
  readonly gpu?: "auto" | "none";
  readonly log: Log;
  readonly clock?: Clock;
}

export interface LlamaCppProvider extends Provider {
  /** What the engine has done, from its last word: never waits for a busy engine. */
  counters(): EngineCounters;
  /** The engine's process, while there is one. */
  readonly pid: number | null;
  /** Ends the engine's process. */
  close(): Promise<void>;
}

/** The embedded engine: GGUF files run by node-llama-cpp in a process that starts with the first request. */
export function createLlamaCppProvider(options: LlamaCppOptions): LlamaCppProvider {
  const { config, log, clock = systemClock } = options;
  const engine = new EngineProcess({
    entry: options.entry,
    node: options.node ?? process.execPath,
    silenceMs: config.timeouts?.betweenTokensMs ?? 20_000,
    clock,
    log,
  });

  async function run(call: Call, scope: Scope, out: Channel<Event>): Promise<void> {
    const library = options.findLibrary();
    if (library === null) {
      const message = `The embedded engine isn't installed. Install it with: ${options.installCommand}`;
      return fail(out, fault("cannot", message, { retry: "elsewhere" }));
    }
    const path = await options.locate(call.model.name);
    if (path === null) {
      const message = `${call.model.name} isn't on this machine. Get it with: switchyard models pull ${call.model.name}`;
      return fail(out, fault("cannot", message, { retry: "elsewhere" }));
    }
    const prompt = promptOf(call.request.prompt);
    const unable = prompt === null ? noVectors : beyondEngine(call.request);
    if (prompt === null || unable) return fail(out, fault("cannot", unable ?? noVectors, { retry: "elsewhere" }));
    if (scope.ended) return fail(out, gone(scope));
    const settings = {
      library,
      gpu: options.gpu ?? "auto",
      threads: config.threads ?? null,
      parallel: config.parallel,
      queue: config.queue,
      idleSeconds: config.idleSeconds,
    };
    const { request, model } = call;
    const job = {
      model: { name: model.name, path, contextSize: model.contextWindow },
      prompt,
      sampling: request.wishes.sampling,
    };
    serve(call, scope, out, (handler) => engine.start(settings, job, handler));
  }

  /** Turns what the engine says of one job into events, and the scope's end into its cancel. */
  function serve(
    call: Call,
    scope: Scope,
    out: Channel<Event>,
    start: (handler: Parameters<EngineProcess["start"]>[2]) => () => void,
  ): void {
    let said = false;
    let open = true;
    let reading: Timer | null = null;
    const close = (last: Event) => {
      if (!open) return;
      open = false;
      reading?.cancel();
      scope.offEnd(onEnd);
      out.push(last);
      out.close();
    };
    const onEnd = () => {
      cancel();
      close({ type: "error", fault: gone(scope) });
    };
    const cancel = start({
      waiting: (why) => out.push({ type: "waiting", why }),
      running: () => {
        out.push({ type: "start", attempt: call.attempt, model: call.model.id });
        // On a CPU a long prompt takes its time: no token yet isn't a stuck engine, which the process watches for itself.
        reading = clock.after(longReadMs, () => out.push({ type: "waiting", why: "reading the prompt" }));
      },
      text: (text) => {
        if (!said) {
          said = true;
          reading?.cancel();
          out.push({ type: "first" });
        }
        out.push({ type: "text", text });
      },
      done: ({ stop, usage }) => {
        if (open) out.push({ type: "usage", usage });
        close({ type: "done", stop });
      },
      refused: ({ code, message, afterMs }) => {
        const more = { retry: "elsewhere", ...(afterMs === undefined ? {} : { afterMs }) } as const;
        close({ type: "error", fault: fault(code, message, more) });
      },
      lost: (why, told) => {
        const message = told
          ? `The embedded engine ${why}. Try again when the daemon runs again.`
          : `The embedded engine ${why} during this request. It starts again with the next one; if that happens often, see the log.`;
        const code = told ? "shutting_down" : "upstream_error";
        close({ type: "error", fault: fault(code, message, { retry: told ? "never" : "elsewhere" }) });
      },
    });
    scope.onEnd(onEnd);
  }

  return {
    open(call: Call, scope: Scope): Stream {
      // As long as the answer may be: the engine can't be paused, and an answer is bounded by the model's context.
      const out = new Channel<Event>();
      run(call, scope, out).catch((e: unknown) => {
        fail(out, fault("internal", `The embedded engine couldn't be asked: ${messageOf(e)}`, { retry: "elsewhere" }));
      });
      return out;
    },
    counters: () => engine.counters(),
    get pid() {
      return engine.pid;
    },
    close: () => engine.close(),
  };
}

/** A prompt that takes longer to read than this, in milliseconds, is said to. */
const longReadMs = 2000;

const gone = (scope: Scope): Fault => endedFault(scope.why ?? "ended");

/** What a server of the wire could do and the engine can't: it answers one text with one text. */
function beyondEngine({ body }: Request): string | null {
  if (!body) return null;
  const { n, prompt } = body.json;
  if (typeof n === "number" && n > 1) return `The embedded engine gives one answer, not ${n}. Leave n out.`;
  if (Array.isArray(prompt) && (prompt.length !== 1 || typeof prompt[0] !== "string"))
    return "The embedded engine takes one prompt, as text. Send a string.";
  return null;
}

function fail(out: Channel<Event>, f: Fault): void {
  out.push({ type: "error", fault: f });
  out.close();
}

const noVectors = "The embedded engine makes no vectors of texts. Name a model of another provider.";

/** What the engine can read of a prompt: text to be answered. Images and tools are kept from it by the model's abilities. */
function promptOf(prompt: Prompt): EnginePrompt | null {
  switch (prompt.kind) {
    case "chat":
      return { kind: "chat", messages: prompt.messages.map(read) };
    case "fill":
      return { kind: "fill", prefix: prompt.prefix, suffix: prompt.suffix };
    case "texts":
      return null;
  }
}

function read({ role, content }: Message): EngineMessage {
  const text = textOf(content);
  return role === "tool" ? { role: "user", content: `Result of a tool:\n${text}` } : { role, content: text };
}
