import { type Message, type Request, textOf } from "../../domain/request.ts";
import { fnv } from "../../kit/fnv.ts";

/** Characters of a message that tell conversations apart. */
const telling = 120;

/**
 * What a conversation is told by from one request to the next: its session where the client says one, else how it begins. Null:
 * it is none.
 */
export function conversationOf({ kind, origin, prompt }: Request): string | null {
  if (kind !== "chat" || prompt.kind !== "chat") return null;
  if (origin.session !== null) return `${origin.client} ${origin.session}`;
  const first = prompt.messages.find((m) => m.role === "user");
  return first ? `${origin.client} ${hash(prompt.messages[0]!, hash(first))}` : null;
}

/** Two conversations taken for one would only make a price estimate worse. */
function hash({ content }: Message, seed?: number): number {
  const text = typeof content === "string" ? content : textOf(content);
  return fnv(`${text.length} ${text.slice(0, telling)}`, seed) >>> 0;
}
