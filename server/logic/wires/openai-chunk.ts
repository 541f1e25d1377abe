import type { Event, Stop } from "../../domain/event.ts";
import { type Fault, fault } from "../../domain/fault.ts";
import type { Usage } from "../../protocol/trace.ts";
import { readOpenAiUsage } from "./usage.ts";

/** What one JSON object of the OpenAI wire says: a chunk of a stream, or a whole answer. */
export interface Chunk {
  readonly content: readonly Extract<Event, { type: "text" | "reasoning" | "tool-call" }>[];
  readonly stop: Stop | null;
  /** One of its choices ended with a word that we don't know, or was cut while others went on: it may not be whole. */
  readonly doubtful: boolean;
  readonly usage: Usage | null;
  readonly fault: Fault | null;
  /** It has no choices, only a usage: the extra chunk that `include_usage` asks for. */
  readonly usageOnly: boolean;
}

type Json = Record<string, unknown>;
const isRecord = (v: unknown): v is Json => typeof v === "object" && v !== null;
const text = (v: unknown): string => (typeof v === "string" ? v : "");

export function readStop(reason: unknown): Stop | null {
  switch (reason) {
    case "stop":
      return "stop";
    case "length":
      return "length";
    case "tool_calls":
    case "function_call":
      return "tool";
    case "content_filter":
      return "filter";
    default:
      return typeof reason === "string" ? "stop" : null; // a server's own word: it has ended, that is all we know
  }
}

export function printStop(stop: Stop): string {
  switch (stop) {
    case "stop":
      return "stop";
    case "length":
      return "length";
    case "tool":
      return "tool_calls";
    case "filter":
      return "content_filter";
  }
}

/** The message of an error object in any of the forms that servers of this wire use. */
export function errorMessage(json: unknown): string | null {
  if (!isRecord(json)) return null;
  const e = json["error"] ?? json["detail"] ?? (json["object"] === "error" ? json["message"] : undefined);
  if (typeof e === "string") return e;
  if (isRecord(e)) return text(e["message"]) || JSON.stringify(e);
  return null;
}

export function charsOfContent(content: Chunk["content"]): number {
  let n = 0;
  for (const piece of content) n += piece.type === "tool-call" ? piece.args.length : piece.text.length;
  return n;
}

/** Ends of the keys whose strings are content; the first also ends `reasoning_content`. */
const contentKeys = ['content":', 'text":', 'arguments":', 'reasoning":'] as const;

/** About how many characters of content some events hold, of one kind and without parsing them: enough for an estimate. */
export function charsOfEvents(events: string): number {
  for (const key of contentKeys) {
    const n = charsBehind(events, key);
    if (n > 0) return n;
  }
  return 0;
}

function charsBehind(events: string, key: string): number {
  let n = 0;
  for (let at = events.indexOf(key); at >= 0; at = events.indexOf(key, at)) {
    at += key.length;
    while (events[at] === " ") at++;
    if (events[at] !== '"') continue;
    const start = at + 1;
    do at = events.indexOf('"', at + 1);
    while (events[at - 1] === "\\");
    if (at < 0) return n;
    n += at - start;
  }
  return n;
}

/** Reads a chunk or an answer of chat or completions. */
export function readChunk(json: Json): Chunk {
  const content: Extract<Event, { type: "text" | "reasoning" | "tool-call" }>[] = [];
  let stop: Stop | null = null;
  const choices = Array.isArray(json["choices"]) ? (json["choices"] as unknown[]) : [];
  const first = choices[0];
  if (isRecord(first)) {
    stop = readStop(first["finish_reason"]);
    const delta = isRecord(first["delta"]) ? first["delta"] : isRecord(first["message"]) ? first["message"] : first;
    const reasoning = text(delta["reasoning_content"]) || text(delta["reasoning"]);
    if (reasoning) content.push({ type: "reasoning", text: reasoning });
    const said = text(delta["content"]) || text(delta["text"]);
    if (said) content.push({ type: "text", text: said });
    if (Array.isArray(delta["tool_calls"]))
      for (const [i, c] of delta["tool_calls"].entries()) pushToolCall(content, c, i);
  }
  const message = choices.length === 0 ? errorMessage(json) : errorBeside(json, first);
  return {
    content,
    stop,
    doubtful: choices.some(endsInDoubt),
    usage: readOpenAiUsage(json["usage"]),
    fault:
      message === null ? null : fault("upstream_error", `The provider broke off: ${message}`, { retry: "elsewhere" }),
    usageOnly: choices.length === 0 && isRecord(json["usage"]),
  };
}

const known = new Set(["stop", "length", "tool_calls", "function_call", "content_filter"]);

function endsInDoubt(choice: unknown): boolean {
  if (!isRecord(choice)) return true;
  const { finish_reason: reason, index } = choice as { finish_reason?: unknown; index?: unknown };
  if (typeof reason !== "string") return false; // it goes on
  // The first choice's reason is the answer's; another one that was cut is told by nothing else.
  return !known.has(reason) || (typeof index === "number" && index > 0 && reason !== "stop" && reason !== "tool_calls");
}

/** Some servers put an error beside choices that are empty: a success that is none. */
function errorBeside(json: Json, choice: unknown): string | null {
  const said = errorMessage({ error: json["error"] });
  if (said !== null || !isRecord(choice)) return said;
  return errorMessage({ error: choice["error"] }) ?? (choice["finish_reason"] === "error" ? "it says no more" : null);
}

function pushToolCall(content: Event[], raw: unknown, at: number): void {
  if (!isRecord(raw)) return;
  const f = isRecord(raw["function"]) ? raw["function"] : {};
  content.push({
    type: "tool-call",
    index: typeof raw["index"] === "number" ? raw["index"] : at,
    ...(typeof raw["id"] === "string" ? { id: raw["id"] } : {}),
    ...(typeof f["name"] === "string" ? { name: f["name"] } : {}),
    args: text(f["arguments"]),
  });
}
