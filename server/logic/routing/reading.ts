import type { EditorContext } from "../../domain/request.ts";
import type { Task } from "../../protocol/trace.ts";
import type { Classifier, Estimate } from "./classifier/classifier.ts";
import { sample } from "./sample.ts";
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

/** The part of the features that takes time: it may be remembered, since it depends on nothing but what is asked. */
export interface Reading {
  readonly task: Task;
  readonly estimate: Estimate;
}
export type Read = (asked: Asked) => Reading;

/** Characters of a system message in which a task is looked for. */
const systemChars = 2_000;

/** What is recognised of the text says nothing that the classifier doesn't read itself; what the client says, it can't know. */
export const readWith =
  (classifier: Classifier): Read =>
  (asked) => {
    const { text, system, task, tools, messages, historyChars, editor } = asked;
    return {
      task: task ?? recogniseTask(sample(text), system.slice(0, systemChars), tools),
      estimate: classifier.estimate(text, {
        messages,
        historyChars,
        language: editor?.language ?? null,
        selectionChars: editor?.selectionChars ?? 0,
        files: editor?.files ?? 0,
        errors: editor?.errors ?? 0,
        task: task ?? (tools ? "agent" : null),
      }),
    };
  };
