import type { Kind, Route, Surface, Task, Verdict, WireName } from "../protocol/trace.ts";
import type { Ability } from "./model.ts";

export type Part = { readonly type: "text"; readonly text: string } | { readonly type: "image"; readonly url: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string | readonly Part[];
  readonly toolCalls?: readonly ToolCall[];
  readonly toolCallId?: string;
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON schema. */
  readonly parameters?: unknown;
}

export interface Chat {
  readonly kind: "chat";
  /** The last message is the beginning of the answer: the model shall go on with it. */
  readonly continues?: true;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
}

/** Text to be continued, and what follows the gap (null: nothing was said about it). */
export interface Fill {
  readonly kind: "fill";
  readonly prefix: string;
  readonly suffix: string | null;
  readonly language?: string;
}

/** Texts whose vectors are wanted. */
export interface Texts {
  readonly kind: "texts";
  readonly texts: readonly string[];
}

export type Prompt = Chat | Fill | Texts;

export interface Sampling {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

/** What the client asked for besides an answer. */
export interface Wishes {
  /** A configured id, a provider's own name, or one of `switchyard/…`. */
  readonly model: string;
  /** 0…1; absent: the configuration's. */
  readonly quality?: number;
  readonly task?: Task;
  /** `direct` keeps a title or a summary off the meta model; `meta` sends anything there. */
  readonly route?: Route;
  /** Whether somebody waits for the answer; absent: told by how it was asked. */
  readonly priority?: "interactive" | "batch";
  readonly sampling: Sampling;
  /** `no-cache`: not an answer that is there already; `no-store`: nor shall this one be kept. */
  readonly cache?: "no-cache" | "no-store";
  /** Abilities without which a model can't take this request. */
  readonly needs: readonly Ability[];
}

export interface Origin {
  readonly surface: Surface;
  readonly wire: WireName;
  readonly client: string;
  readonly workspace: string | null;
  readonly session: string | null;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A request as it came over a wire: forwarded as it is where the upstream speaks the same wire. */
export interface Body {
  readonly wire: WireName;
  /** One JSON object. */
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Privacy {
  readonly verdict: Verdict;
  /** The rule that held: `default`, `offline`, `deny:<glob>` or `content:<kind>`. */
  readonly rule: string;
}

/** What an editor knows about a question besides its words. */
export interface EditorContext {
  /** The language of the file that is worked on. */
  readonly language: string | null;
  readonly selectionChars: number;
  /** Files that were attached. */
  readonly files: number;
  /** Errors that the editor shows in them. */
  readonly errors: number;
}

export interface Request {
  readonly id: string;
  readonly kind: Kind;
  readonly stream: boolean;
  readonly origin: Origin;
  readonly wishes: Wishes;
  readonly egress: Privacy;
  readonly editor?: EditorContext;
  /** Canonical; read from the body on first use. */
  readonly prompt: Prompt;
  /** As it came; an edit of the prompt drops it. */
  readonly body?: Body;
}

const lengthOf = (content: Message["content"]): number => {
  if (typeof content === "string") return content.length;
  let n = 0;
  for (const part of content) if (part.type === "text") n += part.text.length;
  return n;
};

/** How much text a prompt holds, in UTF-16 units. */
export function charsOf(prompt: Prompt): number {
  let n = 0;
  switch (prompt.kind) {
    case "chat":
      for (const m of prompt.messages) n += lengthOf(m.content);
      return n;
    case "fill":
      return prompt.prefix.length + (prompt.suffix?.length ?? 0);
    case "texts":
      for (const text of prompt.texts) n += text.length;
      return n;
  }
}

function answeredUpTo(prompt: Prompt, text: string): Prompt {
  switch (prompt.kind) {
    case "chat":
      return { ...prompt, continues: true, messages: [...prompt.messages, { role: "assistant", content: text }] };
    case "fill":
      return { ...prompt, prefix: prompt.prefix + text };
    case "texts":
      return prompt; // vectors come whole
  }
}

/** The same request, answered up to `text`. */
export function continued(q: Request, text: string): Request {
  return {
    id: q.id,
    kind: q.kind,
    stream: q.stream,
    origin: q.origin,
    wishes: q.wishes,
    egress: q.egress,
    ...(q.editor ? { editor: q.editor } : {}),
    prompt: answeredUpTo(q.prompt, text),
  };
}

/** The text of a message, its images left out. */
export function textOf(content: Message["content"]): string {
  if (typeof content === "string") return content;
  return content.flatMap((p) => (p.type === "text" ? [p.text] : [])).join("\n");
}
