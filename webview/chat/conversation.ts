import type { ChatMessage } from "../../server/protocol/editor.ts";
import type { ChatEnd, ChatToPage, Resumed } from "../../server/protocol/webview.ts";
import { readQuestion } from "./slash.ts";

/** One question and its answer. */
export interface Turn {
  /** Names the stream of the answer; a retry has a new one. */
  id: string;
  /** As it was written: with its slash command. */
  question: string;
  /** The model that was asked for, or `switchyard/…`; absent in what an older version kept. */
  asked?: string;
  /** Labels of what was attached. */
  attached: string[];
  text: string;
  reasoning: string;
  model: string | null;
  reason: string | null;
  waiting: string | null;
  end: ChatEnd | null;
}

export interface Limits {
  readonly turns: number;
  readonly chars: number;
}

/** What a page keeps of a conversation: enough to show it again and to send what went before. */
export interface Conversation {
  session: string;
  turns: Turn[];
  /** Turns that the limits removed; the page says so. */
  dropped: number;
}

export const empty = (session: string): Conversation => ({ session, turns: [], dropped: 0 });

export interface Asking {
  readonly question: string;
  readonly model: string;
  readonly attached: string[];
}

export function ask(c: Conversation, id: string, { question, model, attached }: Asking, limits: Limits): Turn {
  const turn: Turn = {
    id,
    question,
    asked: model,
    attached,
    text: "",
    reasoning: "",
    model: null,
    reason: null,
    waiting: null,
    end: null,
  };
  c.turns.push(turn);
  bound(c, limits);
  return turn;
}

/** Asks the last question again, in place. */
export function again(turn: Turn, id: string, { model, attached }: Omit<Asking, "question">): void {
  Object.assign(turn, {
    id,
    asked: model,
    attached,
    text: "",
    reasoning: "",
    model: null,
    reason: null,
    waiting: null,
    end: null,
  });
}

/** What is sent: the turns that have an answer, then the last question. */
export function messages(c: Conversation): ChatMessage[] {
  return c.turns.flatMap((turn, i): ChatMessage[] => {
    const user: ChatMessage = { role: "user", content: readQuestion(turn.question).text };
    if (i === c.turns.length - 1) return [user];
    // A question that got no answer would stand there as if it still waited for one.
    return turn.text === "" ? [] : [user, { role: "assistant", content: turn.text }];
  });
}

export function applyEvent(turn: Turn, event: Extract<ChatToPage, { type: "event" }>["event"]): void {
  switch (event.type) {
    case "model":
      turn.model = event.model;
      turn.reason = event.reason;
      turn.waiting = null;
      return;
    case "waiting":
      turn.waiting = event.why;
      return;
    case "text":
      turn.text += event.text;
      turn.waiting = null;
      return;
    case "reasoning":
      turn.reasoning += event.text;
      turn.waiting = null;
      return;
  }
}

/**
 * Brings answers up to what the host knows: pieces told to a hidden page may be lost or come late, so the host's word
 * replaces what is here. An answer that still runs here and not there was cut off. Returns the turns that changed.
 */
export function resume(c: Conversation, answers: readonly Resumed[]): Turn[] {
  const changed: Turn[] = [];
  for (const turn of c.turns) {
    const known = answers.find((a) => a.id === turn.id);
    if (!known && turn.end) continue;
    changed.push(turn);
    if (known) Object.assign(turn, known);
    else turn.end = { kind: "failed", message: "This answer was cut off when its window was reloaded.", action: null };
  }
  return changed;
}

/** Drops the oldest turns beyond the limits, never the last. */
export function bound(c: Conversation, limits: Limits): void {
  let chars = c.turns.reduce((n, t) => n + size(t), 0);
  while (c.turns.length > 1 && (c.turns.length > limits.turns || chars > limits.chars)) {
    const gone = c.turns.shift();
    chars -= gone ? size(gone) : 0;
    c.dropped++;
  }
}

const size = (t: Turn): number => t.question.length + t.text.length + t.reasoning.length;

/** A kept conversation, or null when it isn't one (an older version kept something else). */
export function restore(saved: unknown): Conversation | null {
  if (typeof saved !== "object" || saved === null) return null;
  const c = saved as Partial<Conversation>;
  if (typeof c.session !== "string" || !Array.isArray(c.turns) || typeof c.dropped !== "number") return null;
  if (!c.turns.every((t) => typeof t?.id === "string" && typeof t.question === "string" && typeof t.text === "string"))
    return null;
  return { session: c.session, turns: c.turns, dropped: c.dropped };
}
