import { type Message, type Request, textOf } from "../../domain/request.ts";

/** Characters of a message that tell conversations apart. */
const telling = 300;

/**
 * What a conversation is told by from one request to the next: its session where the client says one, else how it begins. Null:
 * it is none.
 */
export function conversationOf({ kind, origin, prompt }: Request): string | null {
  if (kind !== "chat" || prompt.kind !== "chat") return null;
  if (origin.session !== null) return `${origin.client} ${origin.session}`;
  const first = prompt.messages.find((m) => m.role === "user");
  return first ? `${origin.client} ${hash(prompt.messages[0]!, hash(first, 0x811c9dc5))}` : null;
}

/** FNV-1a: two conversations taken for one would only make a price estimate worse. */
function hash({ content }: Message, seed: number): number {
  const text = typeof content === "string" ? content : textOf(content);
  let h = Math.imul(seed ^ text.length, 0x01000193);
  for (let i = 0; i < text.length && i < telling; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
