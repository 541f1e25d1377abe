import type { Ability } from "../../domain/model.ts";
import type { Chat, Fill, Message, Part, Prompt, Sampling, Tool, ToolCall } from "../../domain/request.ts";
import type { OpenAiChat, OpenAiCompletion } from "../../protocol/openai.ts";

type Json = Record<string, unknown>;
const isRecord = (v: unknown): v is Json => typeof v === "object" && v !== null;
const text = (v: unknown): string => (typeof v === "string" ? v : "");

const unsaid: Sampling = {};

/** What the client set of sampling; what it left out stays out. */
export function readSampling(body: OpenAiChat | OpenAiCompletion): Sampling {
  const maxTokens =
    ("max_completion_tokens" in body ? (body["max_completion_tokens"] as number | null) : null) ?? body.max_tokens;
  const { temperature, top_p, seed, stop } = body;
  if (maxTokens == null && temperature == null && top_p == null && seed == null && stop == null) return unsaid;
  return {
    ...(maxTokens == null ? {} : { maxTokens }),
    ...(body.temperature == null ? {} : { temperature: body.temperature }),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...(body.stop == null ? {} : { stop: typeof body.stop === "string" ? [body.stop] : body.stop }),
  };
}

/** The abilities without which a model can't take this request. */
export function readNeeds(body: OpenAiChat): readonly Ability[] {
  const needs: Ability[] = [];
  const functions = body["functions"]; // what tools were called before
  if ((body.tools != null && body.tools.length > 0) || (Array.isArray(functions) && functions.length > 0))
    needs.push("tools");
  if (body.response_format?.type === "json_schema") needs.push("json-schema");
  if (
    body.messages.some(
      (m) => Array.isArray(m.content) && m.content.some((p) => p.type === "image_url" || p.type === "image"),
    )
  )
    needs.push("images");
  return needs;
}

export function readChat(body: OpenAiChat): Chat {
  return { kind: "chat", messages: body.messages.map(readMessage), tools: (body.tools ?? []).map(readTool) };
}

function readMessage(m: OpenAiChat["messages"][number]): Message {
  const content = Array.isArray(m.content) ? m.content.flatMap(readPart) : (m.content ?? "");
  const toolCalls = Array.isArray(m["tool_calls"]) ? m["tool_calls"].filter(isRecord).map(readToolCall) : null;
  return {
    role: readRole(m.role),
    content,
    ...(toolCalls ? { toolCalls } : {}),
    ...(typeof m["tool_call_id"] === "string" ? { toolCallId: m["tool_call_id"] } : {}),
  };
}

function readRole(role: string): Message["role"] {
  switch (role) {
    case "system":
    case "developer":
      return "system";
    case "assistant":
      return "assistant";
    case "tool":
    case "function":
      return "tool";
    default:
      return "user";
  }
}

function readPart(part: Json): Part[] {
  if (part["type"] === "text") return [{ type: "text", text: text(part["text"]) }];
  if (part["type"] === "image_url") {
    const image = part["image_url"];
    return [{ type: "image", url: isRecord(image) ? text(image["url"]) : text(image) }];
  }
  return []; // audio, files: only ever forwarded
}

function readToolCall(raw: Json): ToolCall {
  const f = isRecord(raw["function"]) ? raw["function"] : {};
  return { id: text(raw["id"]), name: text(f["name"]), arguments: text(f["arguments"]) };
}

function readTool(raw: Json): Tool {
  const f = isRecord(raw["function"]) ? raw["function"] : {};
  return {
    name: text(f["name"]),
    ...(typeof f["description"] === "string" ? { description: f["description"] } : {}),
    ...(f["parameters"] === undefined ? {} : { parameters: f["parameters"] }),
  };
}

/** Prompts given as tokens can only be forwarded: their text is unknown here. */
export function readFill(body: OpenAiCompletion): Fill {
  const prompt = body.prompt;
  const prefix = typeof prompt === "string" ? prompt : prompt.filter((p) => typeof p === "string").join("\n");
  return { kind: "fill", prefix, suffix: body.suffix ?? null };
}

/** The path under a provider's base URL, and the body, for a prompt that didn't come on this wire. */
export function printRequest(
  prompt: Prompt,
  sampling: Sampling,
  model: string,
  stream: boolean,
  fim: boolean,
  local: boolean,
): { readonly path: string; readonly body: string } {
  const shared = {
    model,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...(sampling.maxTokens === undefined ? {} : { max_tokens: sampling.maxTokens }),
    ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    ...(sampling.stop === undefined ? {} : { stop: sampling.stop }),
  };
  switch (prompt.kind) {
    case "chat":
      return {
        path: "/chat/completions",
        body: JSON.stringify({
          ...shared,
          messages: prompt.messages.map(printMessage),
          // Servers of open models take the hint; elsewhere a last message of the assistant is hint enough.
          ...(prompt.continues && local ? { continue_final_message: true, add_generation_prompt: false } : {}),
          ...(prompt.tools.length > 0 ? { tools: prompt.tools.map((f) => ({ type: "function", function: f })) } : {}),
        }),
      };
    case "fill":
      return {
        path: "/completions",
        body: JSON.stringify({
          ...shared,
          prompt: prompt.prefix,
          ...(fim && prompt.suffix !== null ? { suffix: prompt.suffix } : {}),
        }),
      };
    case "texts":
      return { path: "/embeddings", body: JSON.stringify({ model, input: prompt.texts, encoding_format: "float" }) };
  }
}

const printMessage = (m: Message): object => ({
  role: m.role,
  content:
    typeof m.content === "string"
      ? m.content
      : m.content.map((p) => (p.type === "text" ? p : { type: "image_url", image_url: { url: p.url } })),
  ...(m.toolCalls
    ? {
        tool_calls: m.toolCalls.map((c) => ({
          id: c.id,
          type: "function",
          function: { name: c.name, arguments: c.arguments },
        })),
      }
    : {}),
  ...(m.toolCallId === undefined ? {} : { tool_call_id: m.toolCallId }),
});
