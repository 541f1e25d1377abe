import type { Event, Stop } from "../../domain/event.ts";
import type { Fault } from "../../domain/fault.ts";
import type { Usage } from "../../protocol/trace.ts";
import { printStop } from "./openai-chunk.ts";
import { printOpenAiUsage } from "./usage.ts";

/** An error in the form of the OpenAI wire. */
export const printOpenAiError = (f: Fault): object => ({
  error: { message: f.message, type: f.code, param: null, code: f.code },
});

/** The error event of a stream that breaks off after its first byte: no terminator follows it. */
export const printOpenAiErrorEvent = (f: Fault): Buffer => sse(printOpenAiError(f));

const sse = (value: object): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

type Piece = Extract<Event, { type: "text" | "reasoning" | "tool-call" }>;

const toolDelta = (e: Extract<Event, { type: "tool-call" }>): object => ({
  index: e.index,
  ...(e.id === undefined ? {} : { id: e.id, type: "function" }),
  function: { ...(e.name === undefined ? {} : { name: e.name }), arguments: e.args },
});

/** Prints content on the OpenAI wire, for a provider that speaks another. Chat or completions, stream or whole. */
export class OpenAiPrinter {
  readonly #id: string;
  readonly #created: number;
  readonly #chat: boolean;
  readonly #wantsUsage: boolean;
  #model = "";
  #opened = false;
  #usage: Usage | null = null;
  #text = "";
  #reasoning = "";
  readonly #tools: { id: string; name: string; args: string }[] = [];

  constructor(id: string, atMs: number, wire: "openai.chat" | "openai.completions", wantsUsage: boolean) {
    this.#id = `${wire === "openai.chat" ? "chatcmpl" : "cmpl"}-${id}`;
    this.#created = Math.floor(atMs / 1000);
    this.#chat = wire === "openai.chat";
    this.#wantsUsage = wantsUsage;
  }

  start(model: string): void {
    this.#model = model;
  }

  usage(usage: Usage): void {
    this.#usage = usage;
  }

  /** A piece of content as a stream's event. */
  piece(e: Piece): Buffer {
    const role = this.#opened ? {} : { role: "assistant" };
    this.#opened = true;
    if (!this.#chat) return this.#event({ text: e.type === "text" ? e.text : "" }, null);
    switch (e.type) {
      case "text":
        return this.#event({ delta: { ...role, content: e.text } }, null);
      case "reasoning":
        return this.#event({ delta: { ...role, reasoning_content: e.text } }, null);
      case "tool-call":
        return this.#event({ delta: { ...role, tool_calls: [toolDelta(e)] } }, null);
    }
  }

  /** The end of a stream: finish reason, usage where it was asked for, terminator. */
  end(stop: Stop): Buffer {
    const last = this.#event(this.#chat ? { delta: {} } : { text: "" }, printStop(stop));
    const usage =
      this.#wantsUsage && this.#usage
        ? sse({ ...this.#head(true), choices: [], usage: printOpenAiUsage(this.#usage) })
        : "";
    return Buffer.from(`${last}${usage}data: [DONE]\n\n`);
  }

  /** Collects a piece for a whole answer. */
  collect(e: Piece): void {
    if (e.type === "text") this.#text += e.text;
    else if (e.type === "reasoning") this.#reasoning += e.text;
    else {
      this.#tools[e.index] ??= { id: "", name: "", args: "" };
      const tool = this.#tools[e.index]!;
      tool.id ||= e.id ?? "";
      tool.name ||= e.name ?? "";
      tool.args += e.args;
    }
  }

  /** The whole answer. */
  whole(stop: Stop): Buffer {
    const tools = this.#tools.filter(Boolean);
    const said = this.#chat
      ? {
          message: {
            role: "assistant",
            content: tools.length > 0 && this.#text === "" ? null : this.#text,
            ...(this.#reasoning ? { reasoning_content: this.#reasoning } : {}),
            ...(tools.length > 0
              ? {
                  tool_calls: tools.map((t) => ({
                    id: t.id,
                    type: "function",
                    function: { name: t.name, arguments: t.args },
                  })),
                }
              : {}),
          },
        }
      : { text: this.#text };
    return Buffer.from(
      JSON.stringify({
        ...this.#head(false),
        choices: [{ index: 0, ...said, logprobs: null, finish_reason: printStop(stop) }],
        ...(this.#usage ? { usage: printOpenAiUsage(this.#usage) } : {}),
      }),
    );
  }

  #head(stream: boolean): object {
    const object = this.#chat ? (stream ? "chat.completion.chunk" : "chat.completion") : "text_completion";
    return { id: this.#id, object, created: this.#created, model: this.#model };
  }

  #event(said: object, finish: string | null): Buffer {
    return sse({ ...this.#head(true), choices: [{ index: 0, ...said, finish_reason: finish }] });
  }
}
