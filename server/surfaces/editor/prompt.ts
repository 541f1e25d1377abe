import type { Message } from "../../domain/request.ts";
import type { ContextItem, Params } from "../../protocol/editor.ts";

/** The messages as a model reads them: what the window sent along stands as fenced blocks before the last question. */
export function chatMessages(params: Pick<Params<"chat">, "messages" | "context">): readonly Message[] {
  if (params.context.length === 0) return params.messages;
  const blocks = params.context.map(fenced).join("\n\n");
  const last = params.messages.findLastIndex((m) => m.role === "user");
  if (last < 0) return [...params.messages, { role: "user", content: blocks }];
  return params.messages.map((m, i) => (i === last ? { ...m, content: `${blocks}\n\n${m.content}` } : m));
}

/** A fence longer than any inside, so that a Markdown file can't close it. */
function fenced(item: ContextItem): string {
  let longest = 2;
  for (const [run] of item.text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${item.path}\n${fence}${item.language}\n${item.text.replace(/\n$/, "")}\n${fence}`;
}
