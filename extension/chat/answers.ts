import type * as vscode from "vscode";
import type { ChatEvent } from "../../server/protocol/editor.ts";
import type { ChatEnd, Resumed } from "../../server/protocol/webview.ts";

/** Answers that are kept for a page that is hidden and comes back; those that run are always among them. */
const keep = 8;

type Kept = { -readonly [K in keyof Resumed]: Resumed[K] };

/** What runs, and what ended lately: a page that was hidden meanwhile is told again from the start. */
export class Answers {
  readonly #answers = new Map<string, { told: Kept; cancel: vscode.CancellationTokenSource }>();

  start(id: string, cancel: vscode.CancellationTokenSource): void {
    for (const [old, { told }] of this.#answers) {
      if (this.#answers.size < keep) break;
      if (told.end) this.#answers.delete(old);
    }
    const told = { id, model: null, reason: null, waiting: null, text: "", reasoning: "", end: null };
    this.#answers.set(id, { told, cancel });
  }

  event(id: string, event: ChatEvent["event"]): void {
    const told = this.#answers.get(id)?.told;
    if (!told) return;
    told.waiting = event.type === "waiting" ? event.why : null;
    switch (event.type) {
      case "model":
        told.model = event.model;
        told.reason = event.reason;
        return;
      case "text":
        told.text += event.text;
        return;
      case "reasoning":
        told.reasoning += event.text;
        return;
      case "waiting":
        return;
    }
  }

  has(id: string): boolean {
    return this.#answers.has(id);
  }

  end(id: string, end: ChatEnd): void {
    const answer = this.#answers.get(id);
    if (!answer) return;
    answer.told.end = end;
    answer.told.waiting = null;
    answer.cancel.dispose();
  }

  stop(id: string): void {
    const answer = this.#answers.get(id);
    if (answer && !answer.told.end) answer.cancel.cancel();
  }

  stopAll(): void {
    for (const id of this.#answers.keys()) this.stop(id);
  }

  all(): readonly Resumed[] {
    return [...this.#answers.values()].map((a) => a.told);
  }
}
