/** What an OpenAI-compatible server says, for the fake one: answers built from a few words, printed as that API prints them. */

export interface Tokens {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface Answer {
  readonly chunks: readonly string[];
  readonly reasoning: readonly string[];
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly args: readonly string[] }[];
  readonly finish: string;
  /** Null: the server counts no tokens. */
  readonly usage: Tokens | null;
}

export type Wire = "chat" | "completions";

const id = { chat: "chatcmpl-fake", completions: "cmpl-fake" } as const;

export const usageJson = (t: Tokens) => ({
  prompt_tokens: t.input,
  completion_tokens: t.output,
  total_tokens: t.input + t.output,
  prompt_tokens_details: { cached_tokens: t.cachedInput },
  completion_tokens_details: { reasoning_tokens: t.reasoning },
});

/** The whole answer as one JSON text. */
export function wholeAnswer(wire: Wire, model: string, a: Answer): string {
  const text = a.chunks.join("");
  const tools = a.toolCalls.map((t) => ({
    id: t.id,
    type: "function",
    function: { name: t.name, arguments: t.args.join("") },
  }));
  const choice =
    wire === "completions"
      ? { index: 0, text, logprobs: null, finish_reason: a.finish }
      : {
          index: 0,
          message: {
            role: "assistant",
            content: tools.length > 0 && text === "" ? null : text,
            ...(a.reasoning.length > 0 ? { reasoning_content: a.reasoning.join("") } : {}),
            ...(tools.length > 0 ? { tool_calls: tools } : {}),
          },
          finish_reason: a.finish,
        };
  return JSON.stringify({
    id: id[wire],
    object: wire === "chat" ? "chat.completion" : "text_completion",
    created: 1_760_000_000,
    model,
    choices: [choice],
    ...(a.usage ? { usage: usageJson(a.usage) } : {}),
    system_fingerprint: "fp_fake",
  });
}

export const event = (data: string): string => `data: ${data}\n\n`;
export const done = event("[DONE]");

/** The events of a stream, without `[DONE]`. With `usage` the last one is the chunk that has no choices. */
export function streamedAnswer(wire: Wire, model: string, a: Answer, usage: boolean): string[] {
  const print = (choices: readonly unknown[], more: object = {}) =>
    event(
      JSON.stringify({
        id: id[wire],
        object: wire === "chat" ? "chat.completion.chunk" : "text_completion",
        created: 1_760_000_000,
        model,
        choices,
        ...more,
      }),
    );
  const asked = usage && a.usage ? { usage: null } : {};
  const events: string[] = [];
  if (wire === "completions") {
    for (const text of a.chunks) events.push(print([{ index: 0, text, finish_reason: null }], asked));
    events.push(print([{ index: 0, text: "", finish_reason: a.finish }], asked));
  } else {
    const delta = (d: object, finish: string | null = null) =>
      events.push(print([{ index: 0, delta: d, finish_reason: finish }], asked));
    delta({ role: "assistant", content: "" });
    for (const text of a.reasoning) delta({ reasoning_content: text });
    for (const text of a.chunks) delta({ content: text });
    for (const [index, t] of a.toolCalls.entries()) {
      delta({ tool_calls: [{ index, id: t.id, type: "function", function: { name: t.name, arguments: "" } }] });
      for (const part of t.args) delta({ tool_calls: [{ index, function: { arguments: part } }] });
    }
    delta({}, a.finish);
  }
  if (usage && a.usage) events.push(print([], { usage: usageJson(a.usage) }));
  return events;
}

/** Vectors as one JSON text, the last one first: their order is in `index`. Each text counts eleven tokens. */
export function embeddingsAnswer(model: string, vectors: readonly (readonly number[])[]): string {
  const tokens = 11 * vectors.length;
  return JSON.stringify({
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })).reverse(),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}
