import { createHash } from "node:crypto";
import type { Model } from "../../domain/model.ts";
import { type Judgement, judgements } from "../../domain/plan.ts";
import { type Message, type Prompt, type Request, textOf } from "../../domain/request.ts";
import { sample } from "./sample.ts";

const words: Readonly<Record<Judgement, string>> = {
  simple: "SIMPLE",
  complex: "COMPLEX",
  "needs-context": "NEEDS_CONTEXT",
};

const instruction = `You sort questions for a router between a small and a strong language model. Answer with one word and nothing else:
SIMPLE if a small model will answer well,
COMPLEX if it takes a strong model: several steps, design, subtle code, proof,
NEEDS_CONTEXT if it can't be answered without files or facts that it doesn't hold.`;

/** What is judged of a request: the last thing that was asked, sampled; and a key that is the same for the same question. */
export function questionOf({ prompt }: Request): { readonly text: string; readonly key: string } {
  const text = sample(lastOf(prompt));
  return { text, key: createHash("sha256").update(text).digest("base64") };
}

function lastOf(prompt: Prompt): string {
  switch (prompt.kind) {
    case "chat":
      return lastAsked(prompt.messages);
    case "fill":
      return prompt.prefix.slice(-3000);
    case "texts":
      return prompt.texts.at(-1) ?? "";
  }
}

function lastAsked(messages: readonly Message[]): string {
  const last = messages.findLast((m) => m.role === "user") ?? messages.at(-1);
  return last ? textOf(last.content) : "";
}

/** The call to the judge: a chat for one word, as tightly bound to it as the model can be. */
export function judgingRequest(
  q: Request,
  model: Model,
): { readonly request: Request; readonly accept: "openai.chat" } {
  const messages: Message[] = [
    { role: "system", content: instruction },
    { role: "user", content: `The question:\n"""\n${questionOf(q).text}\n"""\nSIMPLE, COMPLEX or NEEDS_CONTEXT?` },
  ];
  const json = { model: model.name, messages, ...bounds(model) };
  const request: Request = {
    id: q.id,
    kind: "chat",
    stream: false,
    origin: q.origin,
    wishes: { model: model.id, sampling: { maxTokens: shortly, temperature: 0 }, needs: [] },
    egress: q.egress,
    prompt: { kind: "chat", messages, tools: [] },
    body: { wire: "openai.chat", text: JSON.stringify(json), json },
  };
  return { request, accept: "openai.chat" };
}

/** Tokens for the word, and for a model that can't be kept from thinking first. */
const shortly = 12;
const atLength = 1_024;

function bounds(model: Model): object {
  if (model.abilities.has("reasoning") && model.locality === "cloud")
    return { reasoning_effort: "low", max_completion_tokens: atLength };
  const plain = {
    temperature: 0,
    // Servers of open models turn it off in the chat's template, and ignore this where there is nothing to turn off.
    ...(model.abilities.has("reasoning") ? { chat_template_kwargs: { enable_thinking: false } } : {}),
  };
  if (model.abilities.has("logprobs")) return { ...plain, max_tokens: 1, logprobs: true, top_logprobs: 5 };
  if (model.abilities.has("json-schema"))
    return { ...plain, max_tokens: 2 * shortly, response_format: { type: "json_schema", json_schema: verdictSchema } };
  return { ...plain, max_tokens: model.abilities.has("reasoning") ? atLength : shortly };
}

const verdictSchema = {
  name: "verdict",
  strict: true,
  schema: {
    type: "object",
    properties: { verdict: { type: "string", enum: Object.values(words) } },
    required: ["verdict"],
    additionalProperties: false,
  },
};

/** What the judge's answer says, as the body of the OpenAI wire or as text; null: nothing that can be understood. */
export function readJudgement(answer: string): Judgement | null {
  const choice = choiceOf(answer);
  if (choice === null) return wordOf(answer);
  for (const token of tokensOf(choice)) {
    const judgement = wordOf(token);
    if (judgement) return judgement;
  }
  const { content } = (choice["message"] ?? {}) as { content?: unknown };
  return typeof content === "string" ? wordOf(content) : null;
}

type Json = Record<string, unknown>;

function choiceOf(answer: string): Json | null {
  try {
    const { choices } = JSON.parse(answer) as { choices?: unknown };
    const [first] = recordsOf(choices);
    return first ?? null;
  } catch {
    return null; // text, then
  }
}

const recordsOf = (list: unknown): Json[] =>
  Array.isArray(list) ? list.filter((v) => typeof v === "object" && v !== null) : [];

/** The likeliest first tokens, where the server told them. */
function tokensOf(choice: Json): string[] {
  const { content } = (choice["logprobs"] ?? {}) as { content?: unknown };
  const [first] = recordsOf(content);
  return recordsOf(first?.["top_logprobs"])
    .filter((t) => typeof t["token"] === "string" && typeof t["logprob"] === "number")
    .sort((a, b) => (b["logprob"] as number) - (a["logprob"] as number))
    .map((t) => t["token"] as string);
}

/** The first word, whole or cut off; of a small object its `verdict`; what was thought before it is passed over. */
function wordOf(text: string): Judgement | null {
  const said = text.replace(/^\s*<think>[\s\S]*?<\/think>/, "").replace(/^\s*\{\s*"verdict"\s*:/, "");
  const word = /[a-z][a-z_-]*/i.exec(said)?.[0].toUpperCase().replace(/-/g, "_");
  return word === undefined ? null : (judgements.find((j) => words[j].startsWith(word)) ?? null);
}
