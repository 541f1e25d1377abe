import type { Question } from "../../domain/memory.ts";
import type { Chat, Message, Request } from "../../domain/request.ts";
import { textOf } from "../../domain/request.ts";
import { keyOf } from "./key.ts";

/** Longer questions are not compared: they are hardly ever asked twice in other words. */
const maxChars = 2_000;

/** Null where only the same request can have the same answer: for agents, with tools or images, and of completions. */
export function questionOf(request: Request, policy: string): Question | null {
  const { prompt, wishes, kind } = request;
  if (kind !== "chat" || prompt.kind !== "chat" || prompt.tools.length > 0 || prompt.continues) return null;
  if (wishes.task === "agent" || wishes.needs.includes("tools") || wishes.needs.includes("images")) return null;
  const last = prompt.messages.at(-1);
  if (last?.role !== "user" || prompt.messages.some(usesTools)) return null;
  if (typeof last.content !== "string" && last.content.some((part) => part.type !== "text")) return null;
  const { text, blocks } = withoutBlocks(textOf(last.content));
  if (text.trim() === "" || text.length > maxChars) return null;
  return { scope: keyOf(without(request, prompt, JSON.stringify(blocks)), policy), text };
}

const usesTools = (m: Message): boolean => m.role === "tool" || m.toolCalls !== undefined;

/** The same request with something else for its last words: what remains of its body is what it was. */
function without(request: Request, chat: Chat, content: string): Request {
  const { prompt: _, body, ...rest } = request;
  const messages = body?.json["messages"];
  return {
    ...rest,
    prompt: { ...chat, messages: replaced(chat.messages, content) },
    ...(body && Array.isArray(messages)
      ? { body: { ...body, json: { ...body.json, messages: replaced(messages as readonly object[], content) } } }
      : {}),
  };
}

const replaced = <M extends object>(messages: readonly M[], content: string): readonly M[] =>
  messages.map((m, i) => (i === messages.length - 1 ? { ...m, content } : m));

/** A text and the fenced blocks in it. One that isn't closed goes on to the end. */
export function withoutBlocks(text: string): { readonly text: string; readonly blocks: readonly string[] } {
  if (!text.includes("```") && !text.includes("~~~")) return { text, blocks: [] };
  const kept: string[] = [];
  const blocks: string[] = [];
  let block: string[] | null = null;
  let fence = "";
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (block === null && mark) {
      block = [line];
      fence = mark;
    } else if (block === null) kept.push(line);
    else {
      block.push(line);
      if (mark?.startsWith(fence) && line.trim() === mark) {
        blocks.push(block.join("\n"));
        block = null;
      }
    }
  }
  if (block !== null) blocks.push(block.join("\n"));
  return { text: kept.join("\n"), blocks };
}
