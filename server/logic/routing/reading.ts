import type { EditorContext } from "../../domain/request.ts";
import type { Task } from "../../protocol/trace.ts";
import { sample } from "./features.ts";
import { scoreOf, signsOf } from "./signs.ts";
import { recogniseTask } from "./task.ts";

/** What is read of a request: its last question, and what stands around it. */
export interface Asked {
  /** The last message of the user, whole. */
  readonly text: string;
  readonly system: string;
  /** As the client says; null: it is recognised. */
  readonly task: Task | null;
  readonly tools: boolean;
  readonly messages: number;
  /** Characters before and beside the question. */
  readonly historyChars: number;
  readonly editor: EditorContext | null;
}

/** What the classifier says: probabilities that the weak and the strong model answer well, and that the strong one is needed. */
export interface Estimate {
  readonly weak: number;
  readonly strong: number;
  readonly score: number;
  /** The share of the prompt's words that were in no training prompt, 0…1. */
  readonly novelty: number;
}

/** The part of the features that takes time: it may be remembered, since it depends on nothing but what is asked. */
export interface Reading {
  readonly task: Task;
  readonly estimate: Estimate;
}
export type Read = (asked: Asked) => Reading;

/** Until the trained classifier is there: hand-set signs. */
export const read: Read = (asked) => {
  const text = sample(asked.text);
  const score = scoreOf(signsOf(text, asked.text.length));
  const weak = 0.9 - 0.7 * score;
  return {
    task: asked.task ?? recogniseTask(text, asked.system.slice(0, 2000), asked.tools),
    estimate: { weak, strong: Math.min(0.95, weak + score), score, novelty: 0 },
  };
};
