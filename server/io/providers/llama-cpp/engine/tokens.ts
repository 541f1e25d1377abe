import type { EngineMessage, EnginePrompt } from "../../../../protocol/engine.ts";
import type { LlamaModel, RenderTemplate, Token } from "./library.ts";
import { Refusal } from "./refusal.ts";

type Vocabulary = Pick<LlamaModel, "tokens" | "tokenize" | "fileInfo">;

/** A prompt as the model reads it. */
export function tokensOf(prompt: EnginePrompt, model: Vocabulary, render: RenderTemplate): Token[] {
  const tokens = prompt.kind === "chat" ? chatTokens(prompt.messages, model, render) : fillTokens(prompt, model);
  const { bos, shouldPrependBosToken } = model.tokens;
  if (shouldPrependBosToken && bos !== null && tokens[0] !== bos) tokens.unshift(bos);
  if (tokens.length === 0) throw new Refusal("cannot", "The prompt is empty. Send some text to continue.");
  return tokens;
}

function fillTokens(prompt: Extract<EnginePrompt, { kind: "fill" }>, model: Vocabulary): Token[] {
  const text = (s: string) => model.tokenize(s, false, "trimLeadingSpace");
  const { prefix, suffix, middle } = model.tokens.infill;
  if (prompt.suffix === null || prefix === null || suffix === null) return text(prompt.prefix);
  const before = [prefix, ...text(prompt.prefix)];
  const after = [suffix, ...text(prompt.suffix)];
  // Without a token for the middle, what shall be continued comes last.
  return middle === null ? [...after, ...before] : [...before, ...after, middle];
}

/** Stands for a message's text in the rendered template: private-use characters that no template touches. */
const mark = (i: number): string => `\u{F0000}${i}\u{F0001}`;
const marks = /\u{F0000}(\d+)\u{F0001}/u;

/**
 * The model's own template, with the messages' text put in afterwards as plain text: whatever a message says, it can't
 * pass for one of the template's control tokens.
 */
function chatTokens(messages: readonly EngineMessage[], model: Vocabulary, render: RenderTemplate): Token[] {
  const template = model.fileInfo.metadata?.tokenizer?.chat_template;
  if (!template) {
    throw new Refusal(
      "cannot",
      "This model has no chat template: it continues text but doesn't chat. Ask it for completions, or choose an instruct model.",
    );
  }
  const attempt = (list: readonly EngineMessage[]): Token[] => {
    const text = render(template, {
      messages: list.map((m, i) => ({ role: m.role, content: mark(i) })),
      add_generation_prompt: true,
      bos_token: model.tokens.bosString ?? "",
      eos_token: model.tokens.eosString ?? "",
    });
    return text.split(marks).flatMap((piece, i) => {
      if (i % 2 === 1) return model.tokenize(list[Number(piece)]!.content, false, "trimLeadingSpace");
      return piece === "" ? [] : model.tokenize(piece, true, "trimLeadingSpace");
    });
  };
  try {
    return attempt(messages);
  } catch {
    // Some templates know no system message, and want user and assistant to take turns.
    try {
      return attempt(takingTurns(messages));
    } catch (e) {
      const why = e instanceof Error ? e.message : String(e);
      throw new Refusal(
        "cannot",
        `The model's chat template can't render this conversation (${why}). Try another model.`,
      );
    }
  }
}

/** The same conversation with instructions as the user's words, and neighbours of one role joined. */
function takingTurns(messages: readonly EngineMessage[]): EngineMessage[] {
  const turns: EngineMessage[] = [];
  for (const { role: given, content } of messages) {
    const role = given === "system" ? "user" : given;
    const last = turns.at(-1);
    if (last?.role === role) turns[turns.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else turns.push({ role, content });
  }
  return turns;
}
